// SPDX-License-Identifier: Apache-2.0
#pragma once
// kernel, stride, padding and dilation of a layer.
#include <cstdint>

#include "compiler/graph/operators.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::compiler {

// kernel: n or [h, w], required. stride: the same, default `default_stride` or, where that is 0, the kernel.
// padding: n, [h, w], [top, left, bottom, right] or `same`, default 0. dilation: n or [h, w] where the map allows it.
// `same` gives ceil(input / stride) outputs; an odd element of padding goes to the bottom and right.
Window read_window(const arch::YamlMap& map, std::int64_t image_h, std::int64_t image_w, std::int64_t default_stride,
                   bool has_dilation);

}  // namespace gemel::compiler
