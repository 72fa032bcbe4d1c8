// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random small networks for tests of the passes and of what stands behind them.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "compiler/import/network_builder.h"

namespace gemel::compiler {

// Grows a network of random layers over images, matrices and batches of matrices.
class RandomNetwork {
 public:
  explicit RandomNetwork(unsigned seed) : random_(seed), builder_("random") {
    for (std::int64_t i = pick(1, 2); i > 0; --i) {
      made_.push_back(builder_.input(name(), {pick(1, 2), pick(3, 9), pick(3, 9), pick(1, 20)}));
    }
    for (std::int64_t i = pick(3, 12); i > 0; --i) add_layer();
  }

  Graph finish() {
    const auto consumers = consumers_of(builder_.graph());
    const auto producers = producers_of(builder_.graph());
    std::vector<TensorId> outputs;
    for (TensorId id : made_) {
      if (producers[id] != kNoNode && (consumers[id].empty() || pick(0, 9) == 0)) outputs.push_back(id);
    }
    return builder_.finish(outputs);
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  std::string name() { return "t" + std::to_string(count_++); }
  const Shape& shape(TensorId id) const { return builder_.graph().tensor(id).shape; }
  TensorId any() {
    return chance(60) ? made_.back()
                      : made_[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(made_.size()) - 1))];
  }

  LayerFinish finish_of(const Shape& result) {
    LayerFinish finish;
    finish.relu = chance(50);
    for (TensorId id : made_) {
      if (shape(id) == result && chance(50)) finish.residual = id;
    }
    if (finish.residual && chance(50))
      finish.residual_multiplier = static_cast<std::int32_t>(chance(50) ? pick(-128, -1) : pick(1, 127));
    return finish;
  }

  void add_layer() {
    const TensorId x = any();
    const Shape s = shape(x);
    const std::int64_t kind = pick(0, 9);
    if (kind == 0 || s.size() < 2) {
      made_.push_back(builder_.plain(name(), Reshape{other_shape(s)}, {x}));
    } else if (kind == 1) {
      Transpose op;
      for (std::size_t d = 0; d < s.size(); ++d) op.permutation.push_back(d);
      std::shuffle(op.permutation.begin(), op.permutation.end(), random_);
      made_.push_back(builder_.plain(name(), op, {x}));
    } else if (kind == 2) {
      const auto axis = static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(s.size()) - 1));
      const std::int64_t begin = pick(0, s[axis] - 1);
      made_.push_back(builder_.plain(name(), Slice{axis, begin, pick(begin + 1, s[axis])}, {x}));
    } else if (kind == 3) {
      add_concat(x);
    } else if (kind == 4) {
      const Add op{static_cast<std::int32_t>(pick(-128, 127)), static_cast<std::int32_t>(pick(-128, 127))};
      LayerFinish finish;
      finish.relu = chance(50);
      made_.push_back(builder_.add(name(), x, same_shape(x), op, finish));
    } else if (kind == 5 && s.size() >= 2) {
      add_matmul(x);
    } else if (s.size() == 4) {
      add_image_layer(x);
    } else {
      Shape result = s;
      result.back() = pick(1, 20);
      made_.push_back(builder_.linear(name(), x, result.back(), chance(70), finish_of(result)));
    }
  }

  Shape other_shape(const Shape& s) {
    std::int64_t rest = element_count(s);
    Shape result;
    for (int d = 0; d < 3; ++d) {
      std::int64_t factor = pick(1, std::min<std::int64_t>(rest, 12));
      while (rest % factor != 0) --factor;
      result.push_back(factor);
      rest /= factor;
    }
    result.push_back(rest);
    return result;
  }

  TensorId same_shape(TensorId x) {
    std::vector<TensorId> fitting;
    for (TensorId id : made_) {
      if (shape(id) == shape(x)) fitting.push_back(id);
    }
    return fitting[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(fitting.size()) - 1))];
  }

  void add_concat(TensorId x) {
    const auto axis = static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(shape(x).size()) - 1));
    std::vector<TensorId> parts{x};
    for (TensorId id : made_) {
      Shape a = shape(id), b = shape(x);
      if (a.size() != b.size() || parts.size() > 3) continue;
      a[axis] = b[axis] = 1;
      if (a == b && chance(60)) parts.push_back(id);
    }
    made_.push_back(builder_.plain(name(), Concat{axis}, parts));
  }

  void add_matmul(TensorId x) {
    const Shape& s = shape(x);
    for (TensorId id : made_) {
      const Shape& t = shape(id);
      if (t.size() != s.size() || !std::equal(s.begin(), s.end() - 2, t.begin()) || !chance(70)) continue;
      for (int way = 0; way < 4; ++way) {
        const MatMul op{way % 2 == 1, way / 2 == 1};
        const std::int64_t k = s[s.size() - (op.transpose_a ? 2 : 1)], k_b = t[t.size() - (op.transpose_b ? 1 : 2)];
        if (k != k_b || !chance(70)) continue;
        Shape result = s;
        result[s.size() - 2] = s[s.size() - (op.transpose_a ? 1 : 2)];
        result[s.size() - 1] = t[t.size() - (op.transpose_b ? 2 : 1)];
        made_.push_back(builder_.matmul(name(), x, id, op, finish_of(result)));
        return;
      }
    }
  }

  void add_image_layer(TensorId x) {
    const Shape s = shape(x);
    Window window;
    window.kernel_h = pick(1, std::min<std::int64_t>(3, s[1]));
    window.kernel_w = chance(70) ? std::min(window.kernel_h, s[2]) : pick(1, std::min<std::int64_t>(5, s[2]));
    window.stride_h = pick(1, 2);
    window.stride_w = chance(70) ? window.stride_h : pick(1, 3);
    const bool negative = !non_negative(x);
    const std::int64_t kind = pick(0, 5);
    if (kind == 0) {
      if (!negative && chance(50)) window.padding = {pick(0, window.kernel_h - 1), 0, 0, pick(0, window.kernel_w - 1)};
      made_.push_back(builder_.plain(name(), MaxPool{window}, {x}));
      return;
    }
    if (kind == 1) {
      if (chance(50)) window.kernel_h = s[1], window.kernel_w = s[2];
      made_.push_back(builder_.average_pool(name(), x, window, std::nullopt));
      return;
    }
    window.padding = {pick(0, window.kernel_h - 1), pick(0, window.kernel_w - 1), pick(0, window.kernel_h - 1),
                      pick(0, window.kernel_w - 1)};
    ConvolutionSpec spec;
    spec.window = window;
    spec.bias = chance(70);
    spec.out_channels = pick(1, 20);
    if (kind == 2) {
      spec.groups = spec.out_channels = s[3];
    } else if (kind == 3) {
      for (spec.groups = pick(1, 4); s[3] % spec.groups != 0;) --spec.groups;
      spec.out_channels = spec.groups * pick(1, 6);
    }
    const Shape result{s[0], window.output_h(s[1]), window.output_w(s[2]), spec.out_channels};
    made_.push_back(builder_.convolution(name(), x, spec, finish_of(result)));
  }

  bool non_negative(TensorId id) const {
    const auto producers = producers_of(builder_.graph());
    if (producers[id] == kNoNode) return false;
    const Node& node = builder_.graph().nodes[producers[id]];
    if (!std::holds_alternative<Requantize>(node.op)) return false;
    return std::holds_alternative<Relu>(builder_.graph().nodes[producers[node.inputs[0]]].op);
  }

  std::mt19937 random_;
  NetworkBuilder builder_;
  std::vector<TensorId> made_;
  int count_ = 0;
};

}  // namespace gemel::compiler
