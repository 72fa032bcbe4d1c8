// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx_window.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

constexpr std::int64_t kMost = 1 << 20;  // keeps all sums of sizes within 64 bits

std::vector<std::int64_t> read_list(const OnnxBuilder& builder, const char* name, std::size_t count,
                                    std::int64_t otherwise, std::int64_t least) {
  std::vector<std::int64_t> list = builder.node().ints_or(name, {});
  if (list.empty()) list.assign(count, otherwise);
  if (list.size() != count) {
    builder.fail(std::string("attribute '") + name + "' has " + std::to_string(list.size()) + " elements; expected " +
                 std::to_string(count));
  }
  for (const std::int64_t value : list) {
    if (value < least || value > kMost) {
      builder.fail(std::string("attribute '") + name + "' holds " + std::to_string(value) + "; expected at least " +
                   std::to_string(least));
    }
  }
  return list;
}

// Padding before and after one dimension.
struct Sides {
  std::int64_t before = 0, after = 0;
};

Sides same_padding(std::int64_t extent, std::int64_t reach, std::int64_t stride, bool more_before) {
  const std::int64_t outputs = (extent + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + reach - extent);
  return more_before ? Sides{total - total / 2, total / 2} : Sides{total / 2, total - total / 2};
}

}  // namespace

Window read_onnx_window(const OnnxBuilder& builder, const OnnxShape& image, const std::vector<std::int64_t>& kernel) {
  const OnnxNode& node = builder.node();
  const std::size_t spatial = image.size() - 2;
  std::vector<std::int64_t> sizes = read_list(builder, "kernel_shape", spatial, 0, kernel.empty() ? 1 : 0);
  if (!kernel.empty()) {
    if (node.has("kernel_shape") && sizes != kernel) {
      builder.fail("kernel_shape " + onnx_shape_text(sizes) + " is not that of the weights, " +
                   onnx_shape_text(kernel));
    }
    sizes = kernel;
  }
  const std::vector<std::int64_t> strides = read_list(builder, "strides", spatial, 1, 1);
  const std::vector<std::int64_t> dilations = read_list(builder, "dilations", spatial, 1, 1);
  const std::vector<std::int64_t> pads = read_list(builder, "pads", 2 * spatial, 0, 0);
  const std::string auto_pad = node.string_or("auto_pad", "NOTSET");
  const bool is_same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!is_same && auto_pad != "NOTSET" && auto_pad != "VALID") {
    builder.fail("auto_pad '" + auto_pad + "' is unknown; expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  }
  std::vector<Sides> sides(spatial);
  for (std::size_t d = 0; d < spatial; ++d) {
    const std::int64_t reach = (sizes[d] - 1) * dilations[d] + 1;
    if (auto_pad == "NOTSET") sides[d] = {pads[d], pads[spatial + d]};
    if (is_same) sides[d] = same_padding(image[2 + d], reach, strides[d], auto_pad == "SAME_LOWER");
    if (node.int_or("ceil_mode", 0) != 0) {
      const std::int64_t room = image[2 + d] + sides[d].before + sides[d].after - reach;
      if (room >= 0 && room % strides[d] != 0) {
        const std::int64_t more = strides[d] - room % strides[d];
        // A window that would start behind the image and its padding before is not there.
        const bool starts_inside = room + more < image[2 + d] + sides[d].before;
        if (starts_inside) sides[d].after += more;
      }
    }
  }
  Window window;
  if (spatial == 2) {
    window.kernel_h = sizes[0];
    window.stride_h = strides[0];
    window.dilation_h = dilations[0];
    window.padding.top = sides[0].before;
    window.padding.bottom = sides[0].after;
  }
  window.kernel_w = sizes.back();
  window.stride_w = strides.back();
  window.dilation_w = dilations.back();
  window.padding.left = sides.back().before;
  window.padding.right = sides.back().after;
  return window;
}

}  // namespace gemel::compiler
