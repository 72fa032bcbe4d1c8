// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the host does of a node that no layer of the array takes along.
#include "compiler/passes/layer_list.h"

namespace gemel::compiler {

// Data movement becomes the copies that addressing could not save.
void add_host_layers(std::size_t node, LayerList& layers);

}  // namespace gemel::compiler
