// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, the second operand repeated where it is smaller.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

float unary_value(const Operands& in, const std::string& op, float x) {
  const OnnxNode& node = in.node();
  if (op == "Relu") return std::max(x, 0.0f);
  if (op == "LeakyRelu") return x >= 0 ? x : x * node.float_or("alpha", 0.01f);
  if (op == "Sigmoid") return 1.0f / (1.0f + std::exp(-x));
  if (op == "Tanh") return std::tanh(x);
  if (op == "Exp") return std::exp(x);
  if (op == "Log") return std::log(x);
  if (op == "Erf") return std::erf(x);
  if (op == "Sqrt") return std::sqrt(x);
  if (op == "Abs") return std::fabs(x);
  if (op == "Neg") return -x;
  if (op == "Floor") return std::floor(x);
  if (op == "Ceil") return std::ceil(x);
  if (op == "Reciprocal") return 1.0f / x;
  if (op == "Elu") return x >= 0 ? x : node.float_or("alpha", 1.0f) * std::expm1(x);
  if (op == "Softplus") return std::max(x, 0.0f) + std::log1p(std::exp(-std::fabs(x)));
  if (op == "HardSigmoid") {
    return std::max(0.0f, std::min(1.0f, node.float_or("alpha", 0.2f) * x + node.float_or("beta", 0.5f)));
  }
  if (op == "Round") return std::nearbyint(x);
  if (op == "Sign") return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f;
  if (op == "Softsign") return x / (1.0f + std::fabs(x));
  const double v = x;
  if (op == "Mish") return static_cast<float>(v * std::tanh(std::log1p(std::exp(v))));
  if (op == "ThresholdedRelu") return x > node.float_or("alpha", 1.0f) ? x : 0.0f;
  if (op == "Selu") {
    const float alpha = node.float_or("alpha", 1.67326319217681884765625f);
    const float gamma = node.float_or("gamma", 1.05070102214813232421875f);
    return x > 0 ? gamma * x : gamma * (alpha * static_cast<float>(std::expm1(v)));
  }
  if (op == "Celu") {
    const float alpha = node.float_or("alpha", 1.0f);
    return std::max(0.0f, x) + std::min(0.0f, alpha * static_cast<float>(std::expm1(v / alpha)));
  }
  if (op == "HardSwish") return x * std::max(0.0f, std::min(1.0f, x / 6.0f + 0.5f));
  if (op == "Gelu" || op == "FastGelu") {
    if (op == "FastGelu" || node.string_or("approximate", "none") == "tanh") {
      return 0.5f * x * (1 + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));
    }
    return 0.5f * x * (1 + std::erf(x * 0.70710678f));
  }
  in.fail("is no function of one real number");
}

OnnxShape joint_shape(const Operands& in, const OnnxShape& a, const OnnxShape& b) {
  OnnxShape shape(std::max(a.size(), b.size()), 1);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t x = d + a.size() < shape.size() ? 1 : a[d + a.size() - shape.size()];
    const std::int64_t y = d + b.size() < shape.size() ? 1 : b[d + b.size() - shape.size()];
    if (x != y && x != 1 && y != 1) {
      in.fail("operands " + onnx_shape_text(a) + " and " + onnx_shape_text(b) + " do not fit");
    }
    shape[d] = x == 1 ? y : x;
  }
  in.checked_count(shape);
  return shape;
}

// For each element of `shape`, which element of an operand it is made of.
std::vector<std::size_t> sources(const OnnxShape& operand, const OnnxShape& shape) {
  const OnnxShape strides = row_major_strides(operand);
  std::vector<std::size_t> result(static_cast<std::size_t>(onnx_element_count(shape)));
  OnnxShape steps(shape.size(), 0), position(shape.size(), 0);
  const std::size_t skipped = shape.size() - operand.size();
  for (std::size_t d = 0; d < operand.size(); ++d) steps[skipped + d] = operand[d] == 1 ? 0 : strides[d];
  std::int64_t at = 0;
  for (std::size_t& source : result) {
    source = static_cast<std::size_t>(at);
    for (std::size_t d = shape.size(); d-- > 0;) {
      at += steps[d];
      if (++position[d] < shape[d]) break;
      at -= steps[d] * shape[d];
      position[d] = 0;
    }
  }
  return result;
}

template <typename T, typename Function>
auto combined(const Operands& in, const std::vector<T>& a, const std::vector<T>& b, OnnxShape& shape,
              Function function) {
  shape = joint_shape(in, in.shape(0), in.shape(1));
  const std::vector<std::size_t> from_a = sources(in.shape(0), shape), from_b = sources(in.shape(1), shape);
  std::vector<decltype(function(a[0], b[0]))> values(from_a.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = function(a[from_a[i]], b[from_b[i]]);
  return values;
}

template <typename T>
T of_pair(const Operands& in, const std::string& op, T a, T b) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (op == "Max") return std::max(a, b);
  if (op == "Min") return std::min(a, b);
  if (op == "Pow") return static_cast<T>(std::pow(a, b));
  if (op == "PRelu") return std::max(a, T{0}) + b * std::min(a, T{0});
  if (op == "Div" || op == "Mod") {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) in.fail("divides by 0");
      if (op == "Div") return a / b;
      const T rest = b == -1 ? 0 : a % b;  // of a's sign; ONNX wants b's, unless fmod is given
      const bool other_sign = rest != 0 && (rest < 0) != (b < 0);
      return other_sign && in.node().int_or("fmod", 0) == 0 ? rest + b : rest;
    } else {
      return op == "Div" ? a / b : std::fmod(a, b);
    }
  }
  in.fail("is no function of two numbers");
}

bool is_comparison(const std::string& op) {
  return op == "Equal" || op == "Less" || op == "Greater" || op == "LessOrEqual" || op == "GreaterOrEqual" ||
         op == "And" || op == "Or";
}

template <typename T>
std::int64_t compared(const std::string& op, T a, T b) {
  if (op == "Equal") return a == b;
  if (op == "Less") return a < b;
  if (op == "Greater") return a > b;
  if (op == "LessOrEqual") return a <= b;
  if (op == "GreaterOrEqual") return a >= b;
  const bool x = a != T{0}, y = b != T{0};
  return op == "And" ? x && y : x || y;
}

template <typename T>
OnnxTensor pairwise(const Operands& in, const std::vector<T>& a, const std::vector<T>& b, OnnxType type) {
  const std::string& op = in.node().op_type;
  OnnxShape shape;
  if (is_comparison(op)) {
    const auto values = combined(in, a, b, shape, [&](T x, T y) { return compared(op, x, y); });
    return integer_tensor(OnnxType::Bool, shape, values);
  }
  const auto values = combined(in, a, b, shape, [&](T x, T y) { return of_pair(in, op, x, y); });
  if constexpr (std::is_same_v<T, float>) {
    return float_tensor(shape, values);
  } else {
    return integer_tensor(type, shape, values);
  }
}

// Which of the scales or zero points belongs to each element.
std::vector<std::size_t> channels_of(const Operands& in, std::size_t scales) {
  const OnnxShape& shape = in.shape(0);
  std::vector<std::size_t> result(in.checked_count(shape), 0);
  if (scales == 1) return result;
  const std::size_t axis = in.axis(in.node().int_or("axis", 1), shape.size());
  if (static_cast<std::int64_t>(scales) != shape[axis]) in.fail("the scales do not fit the dimension");
  const auto step = static_cast<std::size_t>(row_major_strides(shape)[axis]);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = i / step % scales;
  return result;
}

std::vector<std::int64_t> zero_points(const Operands& in, std::size_t scales) {
  if (!in.has(2)) return std::vector<std::int64_t>(scales, 0);
  std::vector<std::int64_t> points = in.integers(2);
  if (points.size() != scales) in.fail("has " + std::to_string(scales) + " scales and other zero points");
  return points;
}

}  // namespace

OnnxTensors evaluate_unary(const Operands& in) {
  const std::string& op = in.node().op_type;
  if (op == "Not") {
    std::vector<std::int64_t> bits = in.integers(0);
    for (std::int64_t& bit : bits) bit = bit == 0;
    return {integer_tensor(OnnxType::Bool, in.shape(0), bits)};
  }
  if (in.at(0).type != OnnxType::Float && (op == "Neg" || op == "Abs")) {
    std::vector<std::int64_t> values = in.integers(0);
    for (std::int64_t& v : values) v = op == "Neg" || v < 0 ? -v : v;
    return {integer_tensor(in.at(0).type, in.shape(0), values)};
  }
  std::vector<float> values = in.floats(0);
  for (float& v : values) v = unary_value(in, op, v);
  return {float_tensor(in.shape(0), values)};
}

OnnxTensors evaluate_binary(const Operands& in) {
  if (in.count() != 2) in.fail("has " + std::to_string(in.count()) + " inputs; supported are 2");
  const OnnxType a = in.at(0).type, b = in.at(1).type;
  if (a == OnnxType::Float) {
    if (b == OnnxType::Float) return {pairwise<float>(in, in.floats(0), in.floats(1), a)};
    const std::vector<std::int64_t> whole = in.integers(1);  // exponents
    return {pairwise<float>(in, in.floats(0), std::vector<float>(whole.begin(), whole.end()), a)};
  }
  return {pairwise<std::int64_t>(in, in.integers(0), in.integers(1), a)};
}

OnnxTensors evaluate_clip(const Operands& in) {
  const auto limit = [&](std::size_t i, const char* name, float otherwise) {
    return in.has(i) ? in.one_float(i) : in.node().float_or(name, otherwise);
  };
  const float low = limit(1, "min", -std::numeric_limits<float>::infinity());
  const float high = limit(2, "max", std::numeric_limits<float>::infinity());
  std::vector<float> values = in.floats(0);
  for (float& v : values) v = std::min(std::max(v, low), high);
  return {float_tensor(in.shape(0), values)};
}

OnnxTensors evaluate_where(const Operands& in) {
  const OnnxTensor &a = in.at(1), &b = in.at(2);
  if (a.type != b.type) in.fail("chooses between different types");
  const OnnxShape shape = joint_shape(in, joint_shape(in, a.shape, b.shape), in.shape(0));
  const std::vector<std::size_t> from_a = sources(a.shape, shape), from_b = sources(b.shape, shape),
                                 from_c = sources(in.shape(0), shape);
  const std::vector<std::int64_t> condition = in.integers(0);
  const std::size_t bytes = onnx_type_bytes(a.type);
  OnnxTensor result{a.type, shape, std::vector<std::uint8_t>(from_a.size() * bytes)};
  for (std::size_t i = 0; i < from_a.size(); ++i) {
    const bool first = condition[from_c[i]] != 0;
    const std::uint8_t* from = first ? a.data.data() + from_a[i] * bytes : b.data.data() + from_b[i] * bytes;
    std::copy(from, from + bytes, result.data.begin() + static_cast<std::ptrdiff_t>(i * bytes));
  }
  return {result};
}

OnnxTensors evaluate_cast(const Operands& in) {
  const auto type = static_cast<OnnxType>(in.node().int_or("to", 0));
  const OnnxTensor& x = in.at(0);
  if (x.type == type) return {x};
  const std::vector<double> reals = x.reals();
  const bool from_real = x.type == OnnxType::Float || x.type == OnnxType::Double;
  if (type == OnnxType::Float) {
    if (from_real) return {float_tensor(x.shape, std::vector<float>(reals.begin(), reals.end()))};
    const std::vector<std::int64_t> whole = in.integers(0);
    return {float_tensor(x.shape, std::vector<float>(whole.begin(), whole.end()))};
  }
  if (type == OnnxType::Double) {
    std::vector<double> values = reals;
    if (!from_real) {
      const std::vector<std::int64_t> whole = in.integers(0);
      values.assign(whole.begin(), whole.end());
    }
    return {make_onnx_tensor(OnnxType::Double, x.shape, values)};
  }
  std::vector<std::int64_t> values;
  if (from_real) {
    for (const double v : reals) {
      if (!(std::fabs(v) < 9e18)) in.fail("a number leaves 64 bits");
      values.push_back(static_cast<std::int64_t>(v));
    }
  } else {
    values = in.integers(0);
  }
  if (type == OnnxType::Bool) {
    for (std::int64_t& v : values) v = v != 0;
  }
  if (onnx_type_bytes(type) == 0 || type == OnnxType::Float16) {
    in.fail(std::string("can not make ") + onnx_type_name(type));
  }
  return {integer_tensor(type, x.shape, values)};
}

OnnxTensors evaluate_quantize(const Operands& in) {
  const std::vector<float> x = in.floats(0), scales = in.floats(1);
  const OnnxType type = in.has(2) ? in.at(2).type : OnnxType::UInt8;
  if (type != OnnxType::Int8 && type != OnnxType::UInt8) in.fail("expected a zero point of int8 or uint8");
  const std::vector<std::int64_t> points = zero_points(in, scales.size());
  const std::vector<std::size_t> channel = channels_of(in, scales.size());
  const float low = type == OnnxType::UInt8 ? 0.0f : -128.0f, high = low + 255.0f;
  std::vector<std::int64_t> values(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float q = std::nearbyint(x[i] / scales[channel[i]]) + static_cast<float>(points[channel[i]]);
    values[i] = static_cast<std::int64_t>(q > low ? std::min(q, high) : low);
  }
  return {integer_tensor(type, in.shape(0), values)};
}

OnnxTensors evaluate_dequantize(const Operands& in) {
  const std::vector<std::int64_t> x = in.integers(0);
  const std::vector<float> scales = in.floats(1);
  const std::vector<std::int64_t> points = zero_points(in, scales.size());
  const std::vector<std::size_t> channel = channels_of(in, scales.size());
  std::vector<float> values(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    values[i] = static_cast<float>(x[i] - points[channel[i]]) * scales[channel[i]];
  }
  return {float_tensor(in.shape(0), values)};
}

}  // namespace gemel::compiler
