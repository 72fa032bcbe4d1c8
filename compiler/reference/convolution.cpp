// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/convolution.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "compiler/reference/int8_gemm.h"

namespace gemel::compiler {
namespace {

// Copies the window at output position (n, oy, ox) for channels [first_channel, first_channel + channels) to `row`
// in [KH][KW][channel] order; 0 outside the image.
class WindowRows {
 public:
  WindowRows(const std::int8_t* x, const ImageShape& shape, const Window& window, std::int64_t first_channel,
             std::int64_t channels)
      : x_(x),
        shape_(shape),
        window_(window),
        first_channel_(first_channel),
        channels_(channels),
        out_h_(window.output_h(shape.height)),
        out_w_(window.output_w(shape.width)) {}

  void operator()(std::int64_t first, std::int64_t count, std::int8_t* rows) const {
    const std::int64_t row_size = window_.kernel_h * window_.kernel_w * channels_;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t position = first + i;
      copy_window(position / (out_h_ * out_w_), position / out_w_ % out_h_, position % out_w_, rows + i * row_size);
    }
  }

 private:
  void copy_window(std::int64_t n, std::int64_t oy, std::int64_t ox, std::int8_t* row) const {
    const std::int64_t left = ox * window_.stride_w - window_.padding.left;
    const bool whole_rows = window_.dilation_w == 1 && channels_ == shape_.channels;
    for (std::int64_t ky = 0; ky < window_.kernel_h; ++ky, row += window_.kernel_w * channels_) {
      const std::int64_t y = oy * window_.stride_h - window_.padding.top + ky * window_.dilation_h;
      if (y < 0 || y >= shape_.height) {
        std::memset(row, 0, static_cast<std::size_t>(window_.kernel_w * channels_));
        continue;
      }
      const std::int8_t* image_row = x_ + (n * shape_.height + y) * shape_.width * shape_.channels + first_channel_;
      if (whole_rows && left >= 0 && left + window_.kernel_w <= shape_.width) {
        std::memcpy(row, image_row + left * channels_, static_cast<std::size_t>(window_.kernel_w * channels_));
        continue;
      }
      for (std::int64_t kx = 0; kx < window_.kernel_w; ++kx) {
        const std::int64_t column = left + kx * window_.dilation_w;
        const auto bytes = static_cast<std::size_t>(channels_);
        if (column < 0 || column >= shape_.width) {
          std::memset(row + kx * channels_, 0, bytes);
        } else {
          std::memcpy(row + kx * channels_, image_row + column * shape_.channels, bytes);
        }
      }
    }
  }

  const std::int8_t* x_;
  ImageShape shape_;
  Window window_;
  std::int64_t first_channel_, channels_, out_h_, out_w_;
};

// Calls visit(out_index, in_image_offset, kernel_index) for each output pixel and each of its taps inside the image.
template <typename Begin, typename Visit, typename End>
void for_each_tap(const ImageShape& shape, const Window& window, Begin begin, Visit visit, End end) {
  const std::int64_t out_h = window.output_h(shape.height);
  const std::int64_t out_w = window.output_w(shape.width);
  std::int64_t out = 0;
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    for (std::int64_t oy = 0; oy < out_h; ++oy) {
      for (std::int64_t ox = 0; ox < out_w; ++ox, ++out) {
        begin(out);
        std::int64_t taps = 0;
        for (std::int64_t ky = 0; ky < window.kernel_h; ++ky) {
          const std::int64_t y = oy * window.stride_h - window.padding.top + ky * window.dilation_h;
          if (y < 0 || y >= shape.height) continue;
          for (std::int64_t kx = 0; kx < window.kernel_w; ++kx) {
            const std::int64_t x = ox * window.stride_w - window.padding.left + kx * window.dilation_w;
            if (x < 0 || x >= shape.width) continue;
            visit(out, ((n * shape.height + y) * shape.width + x) * shape.channels, ky * window.kernel_w + kx);
            ++taps;
          }
        }
        end(out, taps);
      }
    }
  }
}

// One multiplier per channel: sums over taps, all channels at once.
void convolve_depthwise(const std::int8_t* x, const ImageShape& shape, const std::int8_t* weights, const Window& window,
                        std::int32_t* out) {
  const std::int64_t channels = shape.channels;
  for_each_tap(
      shape, window, [&](std::int64_t o) { std::fill_n(out + o * channels, channels, 0); },
      [&](std::int64_t o, std::int64_t in, std::int64_t tap) {
        const std::int8_t* __restrict pixel = x + in;
        const std::int8_t* __restrict weight = weights + tap * channels;
        std::int32_t* __restrict sum = out + o * channels;
        for (std::int64_t c = 0; c < channels; ++c) sum[c] += pixel[c] * weight[c];
      },
      [](std::int64_t, std::int64_t) {});
}

}  // namespace

void convolve(const std::int8_t* x, const ImageShape& shape, const std::int8_t* weights, std::int64_t out_channels,
              const Window& window, std::int64_t groups, std::int32_t* out) {
  const std::int64_t group_in = shape.channels / groups;
  const std::int64_t group_out = out_channels / groups;
  if (group_in == 1 && group_out == 1) {
    convolve_depthwise(x, shape, weights, window, out);
    return;
  }
  const std::int64_t k = window.kernel_h * window.kernel_w * group_in;
  const std::int64_t rows = shape.batch * window.output_h(shape.height) * window.output_w(shape.width);
  for (std::int64_t g = 0; g < groups; ++g) {
    const PackedMatrix packed(weights + g * group_out, k, group_out, out_channels, 1);
    multiply(rows, WindowRows(x, shape, window, g * group_in, group_in), packed, out + g * group_out, out_channels);
  }
}

void max_pool(const std::int8_t* x, const ImageShape& shape, const Window& window, bool padding_counts,
              std::int8_t* out) {
  const std::int64_t channels = shape.channels;
  const auto least = [&](std::int64_t o, std::int8_t value) { std::fill_n(out + o * channels, channels, value); };
  for_each_tap(
      shape, window, [&](std::int64_t o) { least(o, -128); },
      [&](std::int64_t o, std::int64_t in, std::int64_t) {
        const std::int8_t* __restrict pixel = x + in;
        std::int8_t* __restrict best = out + o * channels;
        for (std::int64_t c = 0; c < channels; ++c) best[c] = std::max(best[c], pixel[c]);
      },
      [&](std::int64_t o, std::int64_t taps) {
        if (!padding_counts || taps == window.kernel_h * window.kernel_w) return;
        for (std::int64_t c = 0; c < channels; ++c) {
          out[o * channels + c] = std::max<std::int8_t>(out[o * channels + c], 0);
        }
      });
}

void sum_pool(const std::int8_t* x, const ImageShape& shape, const Window& window, std::int32_t* out) {
  const std::int64_t channels = shape.channels;
  for_each_tap(
      shape, window, [&](std::int64_t o) { std::fill_n(out + o * channels, channels, 0); },
      [&](std::int64_t o, std::int64_t in, std::int64_t) {
        const std::int8_t* __restrict pixel = x + in;
        std::int32_t* __restrict sum = out + o * channels;
        for (std::int64_t c = 0; c < channels; ++c) sum[c] += pixel[c];
      },
      [](std::int64_t, std::int64_t) {});
}

}  // namespace gemel::compiler
