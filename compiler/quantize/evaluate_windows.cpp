// SPDX-License-Identifier: Apache-2.0
// Operators with a window that moves over an image of 3 or 4 dimensions.
#include <algorithm>
#include <limits>

#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

// One dimension of a window.
struct Side {
  std::int64_t extent = 1, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0, outputs = 1;

  std::int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

// Images are [N, C, H, W] here; H is 1 where ONNX has none.
struct Image {
  std::int64_t batch = 1, channels = 1;
  Side h, w;
  bool has_height = true;

  OnnxShape result(std::int64_t result_channels) const {
    if (has_height) return {batch, result_channels, h.outputs, w.outputs};
    return {batch, result_channels, w.outputs};
  }
};

std::int64_t bounded(const Operands& in, const char* name, std::int64_t value, std::int64_t least) {
  if (value < least || value > 65536) in.fail(std::string("'") + name + "' holds " + std::to_string(value));
  return value;
}

void set_padding(const Operands& in, Side& side, std::int64_t before, std::int64_t after) {
  const std::string mode = in.node().string_or("auto_pad", "NOTSET");
  side.before = side.after = 0;
  if (mode == "NOTSET") {
    side.before = before;
    side.after = after;
  } else if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    const std::int64_t outputs = (side.extent + side.stride - 1) / side.stride;
    const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * side.stride + side.reach() - side.extent);
    side.before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
    side.after = total - side.before;
  } else if (mode != "VALID") {
    in.fail("auto_pad '" + mode + "' is unknown");
  }
}

void set_outputs(const Operands& in, Side& side) {
  const std::int64_t room = side.extent + side.before + side.after - side.reach();
  if (room < 0) in.fail("the window is larger than the image");
  side.outputs = room / side.stride + 1;
  const bool more = in.node().int_or("ceil_mode", 0) != 0 && room % side.stride != 0;
  if (more && side.outputs * side.stride < side.extent + side.before) ++side.outputs;
}

Image read_image(const Operands& in, const std::vector<std::int64_t>& kernel) {
  const OnnxShape& x = in.shape(0);
  if (x.size() != 3 && x.size() != 4) in.fail("expected an image of 3 or 4 dimensions");
  const std::size_t spatial = x.size() - 2;
  const auto list = [&](const char* name, std::size_t count, std::int64_t otherwise) {
    std::vector<std::int64_t> values = in.node().ints_or(name, std::vector<std::int64_t>(count, otherwise));
    if (values.size() != count) in.fail(std::string("attribute '") + name + "' has the wrong length");
    return values;
  };
  const auto strides = list("strides", spatial, 1), dilations = list("dilations", spatial, 1);
  const auto pads = list("pads", 2 * spatial, 0);
  if (kernel.size() != spatial) in.fail("the kernel has another number of dimensions than the image");
  Image image;
  image.batch = x[0];
  image.channels = x[1];
  image.has_height = spatial == 2;
  for (std::size_t d = 0; d < spatial; ++d) {
    Side& side = d + 1 == spatial ? image.w : image.h;
    side.extent = bounded(in, "shape", x[2 + d], 1);
    side.kernel = bounded(in, "kernel_shape", kernel[d], 1);
    side.stride = bounded(in, "strides", strides[d], 1);
    side.dilation = bounded(in, "dilations", dilations[d], 1);
    set_padding(in, side, bounded(in, "pads", pads[d], 0), bounded(in, "pads", pads[spatial + d], 0));
  }
  return image;
}

// Output positions whose window element `k` lies inside the image.
std::pair<std::int64_t, std::int64_t> positions_inside(const Side& side, std::int64_t k) {
  const std::int64_t offset = k * side.dilation - side.before;
  const std::int64_t first = offset >= 0 ? 0 : (-offset + side.stride - 1) / side.stride;
  const std::int64_t room = side.extent - 1 - offset;
  const std::int64_t last = room < 0 ? 0 : std::min(side.outputs, room / side.stride + 1);
  return {first, std::max(first, last)};
}

// out += weight · the image plane as window element (ky, kx) sees it.
void add_plane(const Image& image, std::int64_t ky, std::int64_t kx, float weight, const float* plane, float* out) {
  const auto [y0, y1] = positions_inside(image.h, ky);
  const auto [x0, x1] = positions_inside(image.w, kx);
  const std::int64_t step = image.w.stride;
  for (std::int64_t y = y0; y < y1; ++y) {
    const float* row = plane + (y * image.h.stride + ky * image.h.dilation - image.h.before) * image.w.extent +
                       kx * image.w.dilation - image.w.before;
    float* result = out + y * image.w.outputs;
    if (step == 1) {
      for (std::int64_t x = x0; x < x1; ++x) result[x] += weight * row[x];
    } else {
      for (std::int64_t x = x0; x < x1; ++x) result[x] += weight * row[x * step];
    }
  }
}

}  // namespace

OnnxTensors evaluate_conv(const Operands& in) {
  const OnnxShape& w = in.shape(1);
  if (w.size() < 3) in.fail("weights of " + std::to_string(w.size()) + " dimensions");
  Image image = read_image(in, {w.begin() + 2, w.end()});
  set_outputs(in, image.h);
  set_outputs(in, image.w);
  const std::int64_t groups = in.node().int_or("group", 1);
  if (groups < 1 || w[1] < 1 || image.channels != w[1] * groups || w[0] % groups != 0) {
    in.fail("weights " + onnx_shape_text(w) + " and " + std::to_string(groups) + " groups do not fit the image " +
            onnx_shape_text(in.shape(0)));
  }
  const std::vector<float> x = in.floats(0), weights = in.floats(1);
  const std::vector<float> bias = in.has(2) ? in.floats(2) : std::vector<float>(static_cast<std::size_t>(w[0]), 0.0f);
  if (static_cast<std::int64_t>(bias.size()) != w[0]) in.fail("the bias does not fit the weights");
  const OnnxShape shape = image.result(w[0]);
  std::vector<float> y(in.checked_count(shape));
  const std::int64_t plane = image.h.extent * image.w.extent, out_plane = image.h.outputs * image.w.outputs;
  const std::int64_t taps = image.h.kernel * image.w.kernel, per_group = w[0] / groups;
  for (std::int64_t n = 0; n < image.batch; ++n) {
    for (std::int64_t o = 0; o < w[0]; ++o) {
      float* out = y.data() + (n * w[0] + o) * out_plane;
      std::fill(out, out + out_plane, bias[static_cast<std::size_t>(o)]);
      for (std::int64_t c = 0; c < w[1]; ++c) {
        const float* from = x.data() + (n * image.channels + o / per_group * w[1] + c) * plane;
        const float* tap = weights.data() + (o * w[1] + c) * taps;
        for (std::int64_t t = 0; t < taps; ++t) {
          add_plane(image, t / image.w.kernel, t % image.w.kernel, tap[t], from, out);
        }
      }
    }
  }
  return {float_tensor(shape, y)};
}

OnnxTensors evaluate_conv_transpose(const Operands& in) {
  const OnnxShape& w = in.shape(1);
  if (w.size() < 3) in.fail("weights of " + std::to_string(w.size()) + " dimensions");
  if (in.node().string_or("auto_pad", "NOTSET") != "NOTSET" || in.node().has("output_shape")) {
    in.fail("auto_pad and output_shape are not supported; expected pads");
  }
  Image image = read_image(in, {w.begin() + 2, w.end()});
  const std::size_t spatial = w.size() - 2;
  const auto extra = in.node().ints_or("output_padding", std::vector<std::int64_t>(spatial, 0));
  if (extra.size() != spatial) in.fail("attribute 'output_padding' has the wrong length");
  for (std::size_t d = 0; d < spatial; ++d) {
    Side& side = d + 1 == spatial ? image.w : image.h;
    side.outputs = (side.extent - 1) * side.stride + side.reach() - side.before - side.after +
                   bounded(in, "output_padding", extra[d], 0);
    if (side.outputs < 1) in.fail("the result would be empty");
  }
  const std::int64_t groups = in.node().int_or("group", 1), per_group = w[1];
  if (groups < 1 || image.channels != w[0] || w[0] % groups != 0 || per_group < 1) {
    in.fail("weights " + onnx_shape_text(w) + " do not fit the image " + onnx_shape_text(in.shape(0)));
  }
  const std::int64_t channels = per_group * groups;
  const std::vector<float> x = in.floats(0), weights = in.floats(1);
  const std::vector<float> bias =
      in.has(2) ? in.floats(2) : std::vector<float>(static_cast<std::size_t>(channels), 0.0f);
  if (static_cast<std::int64_t>(bias.size()) != channels) in.fail("the bias does not fit the weights");
  const OnnxShape shape = image.result(channels);
  std::vector<float> y(in.checked_count(shape));
  const std::int64_t plane = image.h.extent * image.w.extent, out_plane = image.h.outputs * image.w.outputs;
  for (std::int64_t n = 0; n < image.batch; ++n) {
    for (std::int64_t o = 0; o < channels; ++o) {
      float* out = y.data() + (n * channels + o) * out_plane;
      std::fill(out, out + out_plane, bias[static_cast<std::size_t>(o)]);
    }
    for (std::int64_t c = 0; c < w[0]; ++c) {
      for (std::int64_t j = 0; j < per_group; ++j) {
        float* out = y.data() + (n * channels + c / (w[0] / groups) * per_group + j) * out_plane;
        const float* from = x.data() + (n * image.channels + c) * plane;
        const float* taps = weights.data() + (c * per_group + j) * image.h.kernel * image.w.kernel;
        for (std::int64_t p = 0; p < plane; ++p) {
          const std::int64_t top = p / image.w.extent * image.h.stride - image.h.before;
          const std::int64_t left = p % image.w.extent * image.w.stride - image.w.before;
          for (std::int64_t t = 0; t < image.h.kernel * image.w.kernel; ++t) {
            const std::int64_t r = top + t / image.w.kernel * image.h.dilation;
            const std::int64_t s = left + t % image.w.kernel * image.w.dilation;
            if (r < 0 || r >= image.h.outputs || s < 0 || s >= image.w.outputs) continue;
            out[r * image.w.outputs + s] += taps[t] * from[p];
          }
        }
      }
    }
  }
  return {float_tensor(shape, y)};
}

OnnxTensors evaluate_pool(const Operands& in) {
  Image image = read_image(in, in.node().ints_or("kernel_shape", {}));
  set_outputs(in, image.h);
  set_outputs(in, image.w);
  const bool is_max = in.node().op_type == "MaxPool";
  const bool counts_padding = in.node().int_or("count_include_pad", 0) != 0;
  const std::vector<float> x = in.floats(0);
  const OnnxShape shape = image.result(image.channels);
  std::vector<float> y(in.checked_count(shape));
  const Side &h = image.h, &w = image.w;
  std::size_t next = 0;
  for (std::int64_t p = 0; p < image.batch * image.channels; ++p) {
    const float* plane = x.data() + p * h.extent * w.extent;
    for (std::int64_t o = 0; o < h.outputs * w.outputs; ++o) {
      const std::int64_t top = o / w.outputs * h.stride - h.before, left = o % w.outputs * w.stride - w.before;
      float most = -std::numeric_limits<float>::infinity(), sum = 0;
      std::int64_t counted = 0;
      for (std::int64_t t = 0; t < h.kernel * w.kernel; ++t) {
        const std::int64_t r = top + t / w.kernel * h.dilation, s = left + t % w.kernel * w.dilation;
        const bool is_inside = r >= 0 && r < h.extent && s >= 0 && s < w.extent;
        if (is_inside || (counts_padding && r < h.extent + h.after && s < w.extent + w.after)) ++counted;
        if (!is_inside) continue;
        most = std::max(most, plane[r * w.extent + s]);
        sum += plane[r * w.extent + s];
      }
      y[next++] = is_max ? most : sum / static_cast<float>(std::max<std::int64_t>(counted, 1));
    }
  }
  return {float_tensor(shape, y)};
}

}  // namespace gemel::compiler
