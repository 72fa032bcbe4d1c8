// SPDX-License-Identifier: Apache-2.0
#pragma once
// Windows over dense NHWC int8 images, exact int32 results.
#include <cstdint>

#include "compiler/graph/operators.h"

namespace gemel::compiler {

struct ImageShape {
  std::int64_t batch = 1, height = 1, width = 1, channels = 1;
};

// out [N,OH,OW,CO] = convolution of x with weights [KH,KW,C/groups,CO]; no bias.
void convolve(const std::int8_t* x, const ImageShape& shape, const std::int8_t* weights, std::int64_t out_channels,
              const Window& window, std::int64_t groups, std::int32_t* out);

// Padding counts as 0, or, of a max-pool, not at all.
void max_pool(const std::int8_t* x, const ImageShape& shape, const Window& window, bool padding_counts,
              std::int8_t* out);
void sum_pool(const std::int8_t* x, const ImageShape& shape, const Window& window, std::int32_t* out);

}  // namespace gemel::compiler
