// SPDX-License-Identifier: Apache-2.0
#pragma once
// Convolutions as contractions: a tap per kernel element, or per kernel row where few channels would leave most lanes
// empty (pixels of a kernel row are contiguous in memory); depthwise and small groups on the diagonal; other groups one
// by one.
#include "compiler/tile/lower_layer.h"

namespace gemel::compiler {

std::vector<Stage> lower_conv(const std::string& name, const ConvLayer& conv, const Graph& graph,
                              const Machine& machine, BufferTable& buffers);

}  // namespace gemel::compiler
