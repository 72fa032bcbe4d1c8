// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/window_reader.h"

#include <algorithm>
#include <utility>

namespace gemel::compiler {
namespace {

constexpr std::int64_t kMostExtent = 4096;

std::pair<std::int64_t, std::int64_t> read_pair(const arch::YamlValue& value, std::int64_t min) {
  if (value.is_scalar()) {
    const std::int64_t both = value.as_whole_number(min, kMostExtent, "a whole number or [height, width]");
    return {both, both};
  }
  const std::vector<std::int64_t> list = value.as_whole_number_list(min, kMostExtent);
  if (list.size() != 2) value.fail("expected a whole number or [height, width]");
  return {list[0], list[1]};
}

// Padding before and after that makes `outputs` = ceil(extent / stride) positions.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t extent, std::int64_t reach, std::int64_t stride) {
  const std::int64_t outputs = (extent + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + reach - extent);
  return {total / 2, total - total / 2};
}

void read_padding(const arch::YamlValue& value, std::int64_t image_h, std::int64_t image_w, Window& window) {
  if (value.is_scalar()) {
    if (value.as_text() == "same") {
      std::tie(window.padding.top, window.padding.bottom) =
          same_padding(image_h, window.dilation_h * (window.kernel_h - 1) + 1, window.stride_h);
      std::tie(window.padding.left, window.padding.right) =
          same_padding(image_w, window.dilation_w * (window.kernel_w - 1) + 1, window.stride_w);
      return;
    }
    const std::int64_t all =
        value.as_whole_number(0, kMostExtent, "a whole number, [height, width], [top, left, bottom, right] or same");
    window.padding = {all, all, all, all};
    return;
  }
  const std::vector<std::int64_t> list = value.as_whole_number_list(0, kMostExtent);
  if (list.size() == 2) {
    window.padding = {list[0], list[1], list[0], list[1]};
  } else if (list.size() == 4) {
    window.padding = {list[0], list[1], list[2], list[3]};
  } else {
    value.fail("expected a whole number, [height, width], [top, left, bottom, right] or same");
  }
}

}  // namespace

Window read_window(const arch::YamlMap& map, std::int64_t image_h, std::int64_t image_w, std::int64_t default_stride,
                   bool has_dilation) {
  Window window;
  std::tie(window.kernel_h, window.kernel_w) = read_pair(map.at("kernel"), 1);
  window.stride_h = default_stride != 0 ? default_stride : window.kernel_h;
  window.stride_w = default_stride != 0 ? default_stride : window.kernel_w;
  if (const auto stride = map.find("stride")) std::tie(window.stride_h, window.stride_w) = read_pair(*stride, 1);
  if (has_dilation) {
    if (const auto dilation = map.find("dilation")) {
      std::tie(window.dilation_h, window.dilation_w) = read_pair(*dilation, 1);
    }
  }
  if (const auto padding = map.find("padding")) read_padding(*padding, image_h, image_w, window);
  return window;
}

}  // namespace gemel::compiler
