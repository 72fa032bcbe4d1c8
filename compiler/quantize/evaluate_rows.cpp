// SPDX-License-Identifier: Apache-2.0
// Operators that look at many elements to make one: normalisation, softmax, means.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

// A tensor as [outer, extent, inner] around some dimensions.
struct Split {
  std::size_t outer = 1, extent = 1, inner = 1;

  Split(const OnnxShape& shape, std::size_t begin, std::size_t end) {
    for (std::size_t d = 0; d < shape.size(); ++d) {
      (d < begin ? outer : d < end ? extent : inner) *= static_cast<std::size_t>(shape[d]);
    }
  }
};

double reduced(const std::string& op, const std::vector<double>& values) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double result = op == "ReduceProd" ? 1 : op == "ReduceMax" ? -kInfinity : op == "ReduceMin" ? kInfinity : 0;
  for (const double v : values) {
    if (op == "ReduceProd") {
      result *= v;
    } else if (op == "ReduceMax") {
      result = std::max(result, v);
    } else if (op == "ReduceMin") {
      result = std::min(result, v);
    } else {
      result += v;
    }
  }
  return op == "ReduceMean" ? result / static_cast<double>(values.size()) : result;
}

}  // namespace

// Softmax and LogSoftmax.
OnnxTensors evaluate_softmax(const Operands& in) {
  const OnnxShape& shape = in.shape(0);
  const bool joins = in.node().opset < 13;  // all dimensions from the axis on
  const std::size_t axis = in.axis(in.node().int_or("axis", joins ? 1 : -1), shape.size());
  const Split split(shape, axis, joins ? shape.size() : axis + 1);
  const bool is_logarithm = in.node().op_type == "LogSoftmax";
  std::vector<float> values = in.floats(0);
  for (std::size_t o = 0; o < split.outer; ++o) {
    for (std::size_t i = 0; i < split.inner; ++i) {
      float* first = values.data() + o * split.extent * split.inner + i;
      float most = -std::numeric_limits<float>::infinity(), sum = 0;
      for (std::size_t e = 0; e < split.extent; ++e) most = std::max(most, first[e * split.inner]);
      for (std::size_t e = 0; e < split.extent; ++e) sum += std::exp(first[e * split.inner] - most);
      for (std::size_t e = 0; e < split.extent; ++e) {
        float& v = first[e * split.inner];
        v = is_logarithm ? v - most - std::log(sum) : std::exp(v - most) / sum;
      }
    }
  }
  return {float_tensor(shape, values)};
}

namespace {

// In place: mean 0 and variance 1.
void normalise(float* row, std::size_t extent, double epsilon) {
  double mean = 0, variance = 0;
  for (std::size_t e = 0; e < extent; ++e) mean += row[e];
  mean /= static_cast<double>(extent);
  for (std::size_t e = 0; e < extent; ++e) variance += (row[e] - mean) * (row[e] - mean);
  const double factor = 1 / std::sqrt(variance / static_cast<double>(extent) + epsilon);
  for (std::size_t e = 0; e < extent; ++e) row[e] = static_cast<float>((row[e] - mean) * factor);
}

}  // namespace

// InstanceNormalization and GroupNormalization.
OnnxTensors evaluate_channel_norm(const Operands& in) {
  const OnnxShape& shape = in.shape(0);
  if (shape.size() < 3 || in.checked_count(shape) == 0) in.fail("expected an image with elements");
  const Split channel(shape, 1, 2);
  const bool has_groups = in.node().op_type == "GroupNormalization";
  const std::int64_t groups = has_groups ? in.node().int_or("num_groups", 0) : shape[1];
  if (groups < 1 || shape[1] % groups != 0) {
    in.fail("num_groups " + std::to_string(groups) + " does not divide the " + std::to_string(shape[1]) + " channels");
  }
  const std::vector<float> gamma = in.floats(1), beta = in.floats(2);
  const bool is_each_group = has_groups && gamma.size() == static_cast<std::size_t>(groups);
  if (gamma.size() != beta.size() || (gamma.size() != channel.extent && !is_each_group)) {
    in.fail("the parameters do not fit the channels");
  }
  std::vector<float> values = in.floats(0);
  const std::size_t row = values.size() / (static_cast<std::size_t>(shape[0] * groups));
  for (std::size_t at = 0; at < values.size(); at += row) {
    normalise(values.data() + at, row, in.node().float_or("epsilon", 1e-5f));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i / channel.inner % channel.extent * gamma.size() / channel.extent;
    values[i] = values[i] * gamma[c] + beta[c];
  }
  return {float_tensor(shape, values)};
}

OnnxTensors evaluate_layer_norm(const Operands& in) {
  const OnnxShape& shape = in.shape(0);
  const Split split(shape, in.axis(in.node().int_or("axis", -1), shape.size()), shape.size());
  std::vector<float> values = in.floats(0);
  const std::vector<float> gamma = in.floats(1);
  const std::vector<float> beta = in.has(2) ? in.floats(2) : std::vector<float>(split.extent, 0.0f);
  if (gamma.size() != split.extent || beta.size() != split.extent) in.fail("the parameters do not fit the dimensions");
  const double epsilon = in.node().float_or("epsilon", 1e-5f);
  for (std::size_t o = 0; o < split.outer; ++o) {
    float* row = values.data() + o * split.extent;
    normalise(row, split.extent, epsilon);
    for (std::size_t e = 0; e < split.extent; ++e) row[e] = row[e] * gamma[e] + beta[e];
  }
  return {float_tensor(shape, values)};
}

OnnxTensors evaluate_batch_norm(const Operands& in) {
  const OnnxShape& shape = in.shape(0);
  if (shape.size() < 2) in.fail("expected at least 2 dimensions");
  if (in.node().int_or("training_mode", 0) != 0) in.fail("training_mode is not supported");
  const Split split(shape, 1, 2);
  std::vector<float> values = in.floats(0);
  const std::vector<float> gamma = in.floats(1), beta = in.floats(2), mean = in.floats(3), variance = in.floats(4);
  for (const auto* p : {&gamma, &beta, &mean, &variance}) {
    if (p->size() != split.extent) in.fail("the parameters do not fit the channels");
  }
  const float epsilon = in.node().float_or("epsilon", 1e-5f);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i / split.inner % split.extent;
    values[i] = (values[i] - mean[c]) / std::sqrt(variance[c] + epsilon) * gamma[c] + beta[c];
  }
  return {float_tensor(shape, values)};
}

// GlobalAveragePool and GlobalMaxPool.
OnnxTensors evaluate_global_pool(const Operands& in) {
  OnnxShape shape = in.shape(0);
  if (shape.size() < 3) in.fail("expected an image");
  const Split split(shape, 2, shape.size());
  const std::vector<float> x = in.floats(0);
  std::vector<float> values(split.outer);
  for (std::size_t o = 0; o < split.outer; ++o) {
    const float* first = x.data() + o * split.extent;
    const std::vector<double> part(first, first + split.extent);
    values[o] = static_cast<float>(reduced(in.node().op_type == "GlobalMaxPool" ? "ReduceMax" : "ReduceMean", part));
  }
  std::fill(shape.begin() + 2, shape.end(), 1);
  return {float_tensor(shape, values)};
}

OnnxTensors evaluate_reduce(const Operands& in) {
  const OnnxShape& shape = in.shape(0);
  std::vector<bool> goes(shape.size(), false);
  const std::vector<std::int64_t> axes = in.list(1, "axes");
  for (const std::int64_t axis : axes) goes[in.axis(axis, shape.size())] = true;
  if (axes.empty()) {
    if (in.node().int_or("noop_with_empty_axes", 0) != 0) return {in.at(0)};
    goes.assign(shape.size(), true);
  }
  OnnxShape kept_shape, result_shape;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    kept_shape.push_back(goes[d] ? 1 : shape[d]);
    if (!goes[d]) {
      result_shape.push_back(shape[d]);
    } else if (in.node().int_or("keepdims", 1) != 0) {
      result_shape.push_back(1);
    }
  }
  const bool is_float = in.at(0).type == OnnxType::Float;
  std::vector<double> x;
  if (is_float) {
    x = in.at(0).reals();
  } else {
    const std::vector<std::int64_t> whole = in.integers(0);
    x.assign(whole.begin(), whole.end());
  }
  const OnnxShape strides = row_major_strides(shape), kept_strides = row_major_strides(kept_shape);
  std::vector<std::vector<double>> parts(in.checked_count(kept_shape));
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::int64_t at = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (!goes[d]) at += static_cast<std::int64_t>(i) / strides[d] % shape[d] * kept_strides[d];
    }
    parts[static_cast<std::size_t>(at)].push_back(x[i]);
  }
  std::vector<float> reals;
  std::vector<std::int64_t> wholes;
  for (const std::vector<double>& part : parts) {
    const double value = reduced(in.node().op_type, part);
    reals.push_back(static_cast<float>(value));
    if (!is_float) wholes.push_back(static_cast<std::int64_t>(value));
  }
  if (is_float) return {float_tensor(result_shape, reals)};
  return {integer_tensor(in.at(0).type, result_shape, wholes)};
}

}  // namespace gemel::compiler
