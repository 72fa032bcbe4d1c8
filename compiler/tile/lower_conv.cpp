// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/lower_conv.h"

#include <algorithm>
#include <numeric>

#include "compiler/tile/lower_parts.h"
#include "compiler/tile/pack_weights.h"

namespace gemel::compiler {
namespace {

std::int32_t narrow(std::int64_t value) { return static_cast<std::int32_t>(value); }
std::int64_t round_up(std::int64_t value, std::int64_t grain) { return (value + grain - 1) / grain * grain; }

class ConvLowering {
 public:
  ConvLowering(const std::string& name, const ConvLayer& conv, const Graph& graph, const Machine& machine,
               BufferTable& buffers)
      : name_(name), conv_(conv), window_(conv.window), graph_(graph), machine_(machine), buffers_(buffers) {
    const Shape& weights = graph.tensor(conv.weights).shape;
    channels_ = narrow(conv.input.shape[3]);
    outputs_ = narrow(weights[3]);
    group_lanes_ = narrow(weights[2]);
    group_outputs_ = narrow(outputs_ / conv.groups);
  }

  std::vector<Stage> run() {
    if (conv_.groups > 1) {
      if (group_lanes_ == group_outputs_ && machine_.dim() % group_lanes_ == 0) return {ContractionGroup{diagonal()}};
      ContractionGroup group;
      for (std::int32_t g = 0; g < conv_.groups; ++g) group.push_back(one_group(g));
      return {std::move(group)};
    }
    if (is_patch_better()) return patch();
    return {ContractionGroup{one_group(0)}};
  }

 private:
  // Everything but lanes, taps and weights.
  Contraction frame() {
    Contraction work;
    work.name = name_;
    work.images = narrow(conv_.input.shape[0]);
    work.out_h = narrow(conv_.output_h);
    work.out_w = narrow(conv_.output_w);
    work.outputs = outputs_;
    work.input = image_ref(buffers_, graph_, conv_.input);
    work.in_h = narrow(conv_.input.shape[1]);
    work.in_w = narrow(conv_.input.shape[2]);
    work.lanes = channels_;
    work.stride_y = narrow(window_.stride_h);
    work.stride_x = narrow(window_.stride_w);
    work.pad_top = narrow(window_.padding.top);
    work.pad_left = narrow(window_.padding.left);
    work.taps.clear();
    for (std::int64_t y = 0; y < window_.kernel_h; ++y) {
      for (std::int64_t x = 0; x < window_.kernel_w; ++x) {
        work.taps.push_back({narrow(y * window_.dilation_h), narrow(x * window_.dilation_w)});
      }
    }
    set_epilogue(work, conv_.epilogue, machine_, graph_, buffers_);
    if (conv_.epilogue.residual) work.residual = image_ref(buffers_, graph_, conv_.epilogue.residual->view);
    work.output = image_ref(buffers_, graph_, conv_.output);
    if (conv_.pool) {
      MaxPoolStep pool;
      pool.size = narrow(conv_.pool->kernel_h);
      pool.stride = narrow(conv_.pool->stride_h);
      pool.pad_top = narrow(conv_.pool->padding.top);
      pool.pad_left = narrow(conv_.pool->padding.left);
      pool.out_h = narrow(conv_.output.shape[1]);
      pool.out_w = narrow(conv_.output.shape[2]);
      work.pool = pool;
    }
    return work;
  }

  // One tap per kernel element of weights [KH,KW,C/groups,CO].
  WeightSource element_source() const {
    WeightSource source;
    source.data = graph_.tensor(conv_.weights).int8_data.data();
    for (std::int64_t t = 0; t < window_.kernel_h * window_.kernel_w; ++t) {
      source.tap_offset.push_back(t * group_lanes_ * outputs_);
    }
    source.lane_stride = outputs_;
    source.lanes = group_lanes_;
    source.outputs = group_outputs_;
    return source;
  }

  BufferRef packed(const std::string& suffix, const WeightSource& source, const Contraction& work) {
    const std::string key = graph_.tensor(conv_.weights).name + ".packed" + suffix;
    if (const auto found = buffers_.find(key)) return {*found, 0};
    const WeightPacking packing = packing_of(work, machine_);
    std::vector<std::uint8_t> data = pack_weights(source, packing);
    check_partial_sums(data, packing, machine_, name_);
    return {buffers_.constant(key, packed_shape(packing), std::move(data)), 0};
  }

  Contraction diagonal() {
    Contraction work = frame();
    work.diagonal = true;
    WeightSource source = element_source();
    source.lanes = channels_;
    source.outputs = outputs_;
    source.group_lanes = group_lanes_;
    work.weights = packed("_diagonal", source, work);
    return work;
  }

  Contraction one_group(std::int32_t g) {
    Contraction work = frame();
    WeightSource source = element_source();
    source.data += g * group_outputs_;
    work.lanes = group_lanes_;
    work.outputs = group_outputs_;
    std::string suffix;
    if (conv_.groups > 1) {
      suffix = "_group" + std::to_string(g);
      work.name += "[" + std::to_string(g) + "]";
      work.input.base.offset += g * group_lanes_;
      const std::int64_t outputs_before = std::int64_t{g} * group_outputs_;
      work.output.base.offset += outputs_before * (work.scale ? 1 : 4);
      if (work.bias) work.bias->offset += outputs_before * 4;
      if (work.residual) work.residual->base.offset += outputs_before;
    }
    work.weights = packed(suffix, source, work);
    return work;
  }

  bool is_patch_better() const {
    const std::int64_t lanes = window_.kernel_w * channels_;
    return window_.kernel_w > 1 && window_.dilation_w == 1 && conv_.input.strides[2] == channels_ &&
           machine_.blocks(lanes) < window_.kernel_w * machine_.blocks(channels_);
  }

  // Rows of whole requests; of whole pixels too, which convolution loops ask for, unless that takes far more memory.
  std::int64_t padded_pitch(std::int64_t bytes) const {
    const std::int64_t pitch = round_up(bytes, 64), of_pixels = round_up(bytes, std::lcm(std::int64_t{64}, channels_));
    return of_pixels <= 4 * pitch ? of_pixels : pitch;
  }

  // A tap per kernel row; the pixels of a row are its lanes. Columns of padding must be in memory: where the window
  // reaches over the image, a copy with margins is made first.
  std::vector<Stage> patch() {
    std::vector<Stage> stages;
    Contraction work = frame();
    work.lanes = narrow(window_.kernel_w * channels_);
    work.taps.clear();
    WeightSource source;
    source.data = graph_.tensor(conv_.weights).int8_data.data();
    for (std::int64_t y = 0; y < window_.kernel_h; ++y) {
      work.taps.push_back({narrow(y * window_.dilation_h), 0});
      source.tap_offset.push_back(y * window_.kernel_w * channels_ * outputs_);
    }
    source.lane_stride = outputs_;
    source.lanes = work.lanes;
    source.outputs = outputs_;
    work.weights = packed("_rows", source, work);

    const std::int64_t image_w = conv_.input.shape[2];
    const std::int64_t reach =
        (work.out_w - 1) * window_.stride_w + window_.kernel_w;  // columns used, margins included
    const std::int64_t left = window_.padding.left, right = std::max<std::int64_t>(0, reach - left - image_w);
    if (left > 0 || right > 0) {
      const std::int64_t margin = round_up(left * channels_, machine_.derived.bus_bytes);
      const std::int64_t row_bytes = image_w * channels_;
      const std::int64_t pitch = padded_pitch(margin + row_bytes + right * channels_);
      const std::int64_t image_bytes = pitch * work.in_h;
      const BufferId padded = buffers_.scratch(name_ + ".padded_input", image_bytes * work.images);
      for (std::int32_t i = 0; i < work.images; ++i) {
        RowCopy copy;
        copy.from = work.input.base;
        copy.from.offset += i * work.input.image_stride;
        copy.to = {padded, i * image_bytes + margin};
        copy.from_stride = work.input.y_stride;
        copy.to_stride = pitch;
        copy.rows = work.in_h;
        copy.bytes = row_bytes;
        stages.emplace_back(copy);
      }
      work.input = ImageRef{{padded, margin - left * channels_}, image_bytes, pitch, channels_};
      work.pad_left = 0;
    }
    work.in_w = narrow((work.out_w - 1) * window_.stride_w + 1);
    stages.emplace_back(ContractionGroup{std::move(work)});
    return stages;
  }

  const std::string& name_;
  const ConvLayer& conv_;
  const Window& window_;
  const Graph& graph_;
  const Machine& machine_;
  BufferTable& buffers_;
  std::int32_t channels_ = 0, outputs_ = 0, group_lanes_ = 0, group_outputs_ = 0;
};

}  // namespace

std::vector<Stage> lower_conv(const std::string& name, const ConvLayer& conv, const Graph& graph,
                              const Machine& machine, BufferTable& buffers) {
  return ConvLowering(name, conv, graph, machine, buffers).run();
}

}  // namespace gemel::compiler
