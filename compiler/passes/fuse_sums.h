// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sums of two tensors and sums over windows, with what follows them.
#include "compiler/passes/layer_list.h"

namespace gemel::compiler {

void fuse_addition(const FusionChain& chain, LayerList& layers);
void fuse_pooling_sum(const FusionChain& chain, LayerList& layers);

}  // namespace gemel::compiler
