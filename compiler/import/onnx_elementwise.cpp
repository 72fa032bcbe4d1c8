// SPDX-License-Identifier: Apache-2.0
// Operators on single elements: tables of all bytes or pairs of bytes, in ONNX Runtime's arithmetic (docs/onnx.md).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "compiler/import/onnx_operators.h"
#include "compiler/import/raw_quantization.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {
namespace {

float double_of(double (*function)(double), float x) { return static_cast<float>(function(static_cast<double>(x))); }

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// What the node does to one real number.
float unary_value(const OnnxBuilder& builder, float x) {
  const OnnxNode& node = builder.node();
  const std::string& op = node.op_type;
  if (op == "QuantizedIdentity") return x;
  if (op == "QLinearSigmoid") return double_of(logistic, x);
  if (op == "QLinearLeakyRelu") return x >= 0 ? x : x * node.float_or("alpha", 0.01f);
  if (op == "QuantizedTanh") return double_of(std::tanh, x);
  if (op == "QuantizedExp") return double_of(std::exp, x);
  if (op == "QuantizedErf") return double_of(std::erf, x);
  if (op == "QuantizedSqrt") return std::sqrt(x);
  if (op == "QuantizedAbs") return std::fabs(x);
  if (op == "QuantizedNeg") return -x;
  if (op == "QuantizedReciprocal") return 1.0f / x;
  if (op == "QuantizedElu") return x >= 0 ? x : node.float_or("alpha", 1.0f) * double_of(std::expm1, x);
  if (op == "QuantizedSoftplus") return static_cast<float>(std::log1p(std::exp(static_cast<double>(x))));
  if (op == "QuantizedHardSigmoid") {
    return std::max(0.0f, std::min(1.0f, node.float_or("alpha", 0.2f) * x + node.float_or("beta", 0.5f)));
  }
  if (op == "QuantizedHardSwish") return x * std::max(0.0f, std::min(1.0f, x / 6.0f + 0.5f));
  if (op == "QuantizedGelu") {
    const double v = x;
    if (node.string_or("approximate", "none") == "tanh") {
      return static_cast<float>(0.5 * v * (1 + std::tanh(0.7978845608028654 * (v + 0.044715 * v * v * v))));
    }
    return static_cast<float>(0.5 * v * (1 + std::erf(v * 0.7071067811865476)));
  }
  builder.fail("no function of this name");
}

// Layout and tensors of operands that fit each other element by element.
struct Pair {
  TensorId a = 0, b = 0;
  bool is_image = false;
};

Pair operands(OnnxBuilder& builder, const std::string& a, const std::string& b) {
  Pair pair;
  const bool four = builder.rank(a) == 4 && builder.rank(b) == 4;
  pair.is_image = four && (builder.is_channels_last(a) || builder.is_channels_last(b));
  pair.a = pair.is_image ? builder.channels_last(a) : builder.plain(a);
  pair.b = pair.is_image ? builder.channels_last(b) : builder.plain(b);
  return pair;
}

void finish(OnnxBuilder& builder, bool is_image, OnnxType type, Operator op, std::vector<TensorId> inputs) {
  const std::string& output = builder.node().outputs[0];
  if (is_image) {
    builder.image_result(output, type, 4, std::move(op), std::move(inputs));
  } else {
    builder.plain_result(output, type, std::move(op), std::move(inputs));
  }
}

using PairTable = std::vector<std::int8_t>;

// As the AVX2 kernel of ONNX Runtime adds: fused multiplications and additions, the zero points in one constant.
PairTable add_table(const RawQuantization& a, const RawQuantization& b, const RawQuantization& y) {
  const float ratio_a = a.scale / y.scale, ratio_b = b.scale / y.scale;
  const float fixed = static_cast<float>(y.zero_point) -
                      (ratio_a * static_cast<float>(a.zero_point) + ratio_b * static_cast<float>(b.zero_point));
  PairTable table(65536);
  for (std::int32_t i = -128; i < 128; ++i) {
    for (std::int32_t j = -128; j < 128; ++j) {
      const float second = std::fma(static_cast<float>(j + b.shift), ratio_b, fixed);
      const float sum = std::fma(static_cast<float>(i + a.shift), ratio_a, second);
      table[static_cast<std::size_t>((i + 128) * 256 + j + 128)] = y.kept_of_rounded(sum);
    }
  }
  return table;
}

template <typename Function>
PairTable pair_table(Function value) {
  PairTable table(65536);
  for (std::int32_t i = -128; i < 128; ++i) {
    for (std::int32_t j = -128; j < 128; ++j) {
      table[static_cast<std::size_t>((i + 128) * 256 + j + 128)] = value(i, j);
    }
  }
  return table;
}

// Small whole multipliers of the operands and a scale with which the array's sum is the table's, but for ties.
struct ArrayAdd {
  Add op;
  float scale = 1;
  int differing = 0;  // of 65536 pairs, each by 1
};

std::optional<ArrayAdd> array_add(const PairTable& table, float ratio_a, float ratio_b) {
  constexpr int kMostDiffering = 256;
  for (std::int32_t mb = 1; mb <= 127; ++mb) {
    const double wanted = mb * (static_cast<double>(ratio_a) / static_cast<double>(ratio_b));
    const auto ma = static_cast<std::int32_t>(std::lround(std::min(wanted, 1000.0)));
    if (ma < 1 || ma > 127 || std::fabs(wanted - ma) > 1e-6 * ma) continue;
    ArrayAdd add{{ma, mb}, ratio_b / static_cast<float>(mb), 0};
    for (std::int32_t i = -128; i < 128; ++i) {
      for (std::int32_t j = -128; j < 128; ++j) {
        const std::int8_t sum = arch::accumulator_scale(ma * i + mb * j, add.scale, arch::Activation::None);
        const int difference = std::abs(sum - table[static_cast<std::size_t>((i + 128) * 256 + j + 128)]);
        if (difference > 1) return std::nullopt;
        add.differing += difference;
      }
    }
    if (add.differing <= kMostDiffering) return add;
    return std::nullopt;
  }
  return std::nullopt;
}

// The array adds a whole tensor and one that repeats along leading dimensions.
bool repeats_along_leading(const Shape& a, const Shape& b) {
  if (b.size() > a.size()) return false;
  bool leading = true;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const std::int64_t extent = a[a.size() - b.size() + i];
    if (leading && b[i] == 1 && extent != 1) continue;
    leading = false;
    if (b[i] != extent) return false;
  }
  return true;
}

bool try_array_add(OnnxBuilder& builder, const Pair& pair, const PairTable& table,
                   const std::array<OnnxQuantization, 3>& q) {
  if (q[0].has_zero_point() || q[1].has_zero_point() || q[2].has_zero_point()) {
    builder.remark("zero points: a table of the host adds");
    return false;
  }
  const Shape& a = builder.graph().tensor(pair.a).shape;
  if (!repeats_along_leading(a, builder.graph().tensor(pair.b).shape) || a.empty()) {
    builder.remark("the second operand does not repeat along leading dimensions: a table of the host adds");
    return false;
  }
  const auto add = array_add(table, q[0].scale() / q[2].scale(), q[1].scale() / q[2].scale());
  if (!add) {
    builder.remark("the scales have no ratio of small whole numbers: a table of the host adds");
    return false;
  }
  if (add->differing != 0) {
    builder.remark("one rounding on the array: " + std::to_string(add->differing) +
                   " of 65536 operand pairs differ by 1 from ONNX Runtime's sum");
  }
  const TensorId sums = builder.add("sums", add->op, {pair.a, pair.b});
  finish(builder, pair.is_image, q[2].type(), Requantize{add->scale}, {sums});
  return true;
}

}  // namespace

void import_binary(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& op = node.op_type;
  const std::array<OnnxQuantization, 3> q{builder.tensor_quantization(node.input(1), node.input(2)),
                                          builder.tensor_quantization(node.input(4), node.input(5)),
                                          builder.tensor_quantization(node.input(6), node.input(7))};
  const RawQuantization a(q[0]), b(q[1]), y(q[2]);
  const Pair pair = operands(builder, node.input(0), node.input(3));
  PairTable table;
  if (op == "QLinearAdd") {
    table = add_table(a, b, y);
    if (try_array_add(builder, pair, table, q)) return;
  } else if (op == "QLinearMul") {
    const float product = a.scale * b.scale;
    const float ratio = product / y.scale;
    table = pair_table([&](std::int32_t i, std::int32_t j) {
      const std::int32_t exact = (i + a.shift - a.zero_point) * (j + b.shift - b.zero_point);
      const float scaled = static_cast<float>(exact) * ratio;
      const float rounded = std::nearbyint(std::min(std::max(scaled, -65536.0f), 65536.0f));
      return y.kept_of_rounded(rounded + static_cast<float>(y.zero_point));
    });
  } else {
    table = pair_table([&](std::int32_t i, std::int32_t j) {
      const float u = a.real(i), v = b.real(j);
      if (op == "QuantizedSub") return y.kept(u - v);
      if (op == "QuantizedDiv") return y.kept(u / v);
      if (op == "QuantizedMax") return y.kept(std::max(u, v));
      if (op == "QuantizedMin") return y.kept(std::min(u, v));
      if (op == "QuantizedPow") return y.kept(std::pow(u, v));
      builder.fail("no function of this name");
    });
  }
  finish(builder, pair.is_image, q[2].type(), LookupPair{}, {pair.a, pair.b, builder.add_table(table)});
}

void import_unary(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization yq = builder.tensor_quantization(node.input(3), node.input(4));
  const RawQuantization x(xq), y(yq);
  std::vector<std::int8_t> table(256);
  for (std::int32_t i = -128; i < 128; ++i) {
    table[static_cast<std::size_t>(i + 128)] = y.kept(unary_value(builder, x.real(i)));
  }
  const bool is_image = builder.rank(node.input(0)) == 4 && builder.is_channels_last(node.input(0));
  const TensorId in = is_image ? builder.channels_last(node.input(0)) : builder.plain(node.input(0));
  finish(builder, is_image, yq.type(), Lookup{}, {in, builder.add_table(table)});
}

namespace {

// Limits what the node before it makes, where nothing else reads that; else a table.
void clamp(OnnxBuilder& builder, std::int32_t least, std::int32_t most) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxType type = builder.type(x);
  const bool is_image = builder.rank(x) == 4 && builder.is_channels_last(x);
  const TensorId in = is_image ? builder.channels_last(x) : builder.plain(x);
  if (least == 0 && most == 127) {
    finish(builder, is_image, type, Relu{}, {in});
    return;
  }
  std::vector<std::int8_t> table(256);
  for (std::int32_t i = -128; i < 128; ++i) {
    table[static_cast<std::size_t>(i + 128)] = static_cast<std::int8_t>(std::min(std::max(i, least), most));
  }
  finish(builder, is_image, type, Lookup{}, {in, builder.add_table(table)});
}

}  // namespace

void import_relu(OnnxBuilder& builder) {
  const OnnxType type = builder.type(builder.node().input(0));
  if (type != OnnxType::Int8) builder.fail(std::string("expected int8, not ") + onnx_type_name(type));
  clamp(builder, 0, 127);
}

void import_clip(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxType type = builder.type(node.input(0));
  if (type != OnnxType::Int8 && type != OnnxType::UInt8) {
    builder.fail(std::string("expected int8 or uint8, not ") + onnx_type_name(type));
  }
  const auto limit = [&](std::size_t i, std::int32_t otherwise) {
    if (node.input(i).empty()) return otherwise;
    const OnnxTensor& tensor = builder.need_constant(node.input(i), "limit");
    if (tensor.type != type || tensor.count() != 1)
      builder.fail("limit '" + node.input(i) + "' must be one number of the input's type");
    return static_cast<std::int32_t>(tensor.integers()[0]) - (type == OnnxType::UInt8 ? 128 : 0);
  };
  const std::int32_t least = limit(1, -128), most = limit(2, 127);
  if (least > most) builder.fail("the least limit is above the most");
  clamp(builder, least, most);
}

// inputs x, scale, zero point, perhaps mask, scale, zero point, and scale, zero point of y.
void import_softmax(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const bool is_masked = node.inputs.size() == 8;
  const std::size_t result = is_masked ? 6 : 3;
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization yq = builder.tensor_quantization(node.input(result), node.input(result + 1));
  const std::int64_t version = node.int_or("opset", node.domain.empty() ? node.opset : 13);
  TensorId in = builder.plain(node.input(0));
  const Shape shape = builder.graph().tensor(in).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t axis = node.int_or("axis", version < 13 ? 1 : -1);
  if (axis < -rank || axis >= rank || rank == 0)
    builder.fail("axis " + std::to_string(axis) + " is outside the dimensions");
  if (axis < 0) axis += rank;
  Softmax op;
  op.input_scale = xq.scale();
  op.output_scale = yq.scale();
  op.zero_point = yq.zero_point();
  op.logarithm = node.op_type == "QuantizedLogSoftmax";
  builder.remark("at most 1 away from ONNX Runtime's, whose exponential is another");
  const OnnxType type = yq.type();
  if (is_masked) {
    if (axis != rank - 1) builder.fail("a mask needs axis -1: the last dimension");
    const float mask_scale = builder.tensor_quantization(node.input(4), node.input(5)).scale();
    TensorId mask = builder.plain(node.input(3));
    op.mask_scale = mask_scale;
    // Zero points do not matter: what is added to a whole row changes nothing. The larger operand is the scores.
    if (element_count(builder.graph().tensor(mask).shape) > element_count(shape)) {
      std::swap(in, mask);
      std::swap(op.input_scale, op.mask_scale);
    }
    builder.plain_result(node.outputs[0], type, op, {in, mask});
  } else if (axis == rank - 1) {
    builder.plain_result(node.outputs[0], type, op, {in});
  } else if (version < 13) {  // all dimensions from the axis on are one
    const std::int64_t rows = element_count(Shape(shape.begin(), shape.begin() + axis));
    const TensorId flat = builder.add("flat", Reshape{{rows, element_count(shape) / rows}}, {in});
    const TensorId result = builder.add("rows", op, {flat});
    builder.plain_result(node.outputs[0], type, Reshape{shape}, {result});
  } else {
    std::vector<std::size_t> swapped(shape.size());
    for (std::size_t i = 0; i < swapped.size(); ++i) swapped[i] = i;
    std::swap(swapped[static_cast<std::size_t>(axis)], swapped.back());
    const TensorId turned = builder.add("axis_last", Transpose{swapped}, {in});
    const TensorId result = builder.add("rows", op, {turned});
    builder.plain_result(node.outputs[0], type, Transpose{swapped}, {result});
  }
}

// inputs x, scale, zero point, gamma, beta, scale, zero point of y.
void import_layer_norm(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization yq = builder.tensor_quantization(node.input(5), node.input(6));
  const TensorId in = builder.plain(node.input(0));
  const Shape shape = builder.graph().tensor(in).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t axis = node.int_or("axis", -1);
  if (rank == 0 || (axis != -1 && axis != rank - 1)) builder.fail("expected axis -1: the last dimension alone");
  const auto numbers = [&](const std::string& name, float otherwise) {
    std::vector<float> values(static_cast<std::size_t>(shape.back()), otherwise);
    if (name.empty()) return values;
    const OnnxTensor& tensor = builder.need_constant(name, "parameter");
    if (tensor.type != OnnxType::Float || tensor.count() != shape.back()) {
      builder.fail("parameter '" + name + "' must be float of " + std::to_string(shape.back()) + " elements");
    }
    return tensor.elements<float>();
  };
  const std::vector<float> gamma = numbers(node.input(3), 1.0f);
  std::vector<float> beta = numbers(node.input(4), 0.0f);
  // The host adds beta before it divides by the scale: a zero point is part of beta.
  for (float& b : beta) b += static_cast<float>(yq.zero_point()) * yq.scale();
  const auto bits = [](const std::vector<float>& values) {
    std::vector<std::int32_t> result;
    for (const float v : values) result.push_back(static_cast<std::int32_t>(arch::bits_from_float(v)));
    return result;
  };
  builder.remark("at most 1 away from ONNX Runtime's, which sums in float32");
  builder.plain_result(node.outputs[0], yq.type(), LayerNorm{xq.scale(), yq.scale(), node.float_or("epsilon", 1e-5f)},
                       {in, builder.add_constant(node.name + ".gamma", {shape.back()}, bits(gamma)),
                        builder.add_constant(node.name + ".beta", {shape.back()}, bits(beta))});
}

void import_quantize(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxQuantization q = builder.tensor_quantization(node.input(1), node.input(2));
  if (builder.type(x) != OnnxType::Float) {
    builder.fail(std::string("expected float, not ") + onnx_type_name(builder.type(x)));
  }
  builder.plain_result(node.outputs[0], q.type(), QuantizeFloat{q.scale(), q.zero_point()}, {builder.plain(x)});
}

void import_dequantize(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxType type = builder.type(x);
  DequantizeFloat op;
  if (type == OnnxType::Int32) {
    const OnnxTensor& scale = builder.need_constant(node.input(1), "scale");
    if (scale.type != OnnxType::Float || scale.count() != 1) builder.fail("expected one float scale");
    op.scale = scale.elements<float>()[0];
  } else {
    const OnnxQuantization q = builder.tensor_quantization(node.input(1), node.input(2), type);
    op = {q.scale(), q.zero_point()};
    if (type != q.type()) builder.fail("'" + x + "' is " + onnx_type_name(type) + ", its zero point is not");
  }
  builder.plain_result(node.outputs[0], OnnxType::Float, op, {builder.plain(x)});
}

}  // namespace gemel::compiler
