// SPDX-License-Identifier: Apache-2.0
#pragma once
// Convolutions and matrix products with what follows them.
#include "compiler/passes/layer_list.h"

namespace gemel::compiler {

void fuse_convolution(const FusionChain& chain, LayerList& layers);
void fuse_matrix_product(const FusionChain& chain, LayerList& layers);

}  // namespace gemel::compiler
