// SPDX-License-Identifier: Apache-2.0
// Matrix products: zero points folded into biases, or terms of the requantisation.
#include <algorithm>
#include <optional>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"
#include "compiler/import/onnx_sums.h"

namespace gemel::compiler {
namespace {

struct MatrixOperands {
  TensorId a = 0;
  std::string b;                     // the model's value
  std::optional<TensorId> b_tensor;  // where it is to be read in another shape
  bool transpose_a = false, transpose_b = false;
  OnnxQuantization aq, bq;
  std::string bias;
};

// The shape of the one matrix that the last dimensions are, where all dimensions before are 1; else the shape itself.
OnnxShape matrix_shape(const OnnxShape& shape) {
  if (shape.size() == 1) return {shape[0], 1};
  const bool is_one =
      shape.size() >= 2 && std::all_of(shape.begin(), shape.end() - 2, [](std::int64_t e) { return e == 1; });
  return is_one ? OnnxShape(shape.end() - 2, shape.end()) : shape;
}

// Sums of a row of a, or of a column of b, as a product with ones.
TensorId sums_along_k(OnnxBuilder& builder, TensorId operand, bool of_rows, bool transposed) {
  const Shape shape = builder.graph().tensor(operand).shape;
  const std::size_t rank = shape.size();
  const std::int64_t k = of_rows == transposed ? shape[rank - 2] : shape[rank - 1];
  Shape ones_shape(of_rows ? 0 : rank - 2, 1);
  if (!of_rows) ones_shape.assign(shape.begin(), shape.end() - 2);
  ones_shape.push_back(of_rows ? k : 1);
  ones_shape.push_back(of_rows ? 1 : k);
  const auto count = static_cast<std::size_t>(element_count(ones_shape));
  const TensorId ones =
      builder.add_constant(builder.node().name + ".ones", ones_shape, std::vector<std::int8_t>(count, 1));
  if (of_rows) return builder.add("row_sums", MatMul{transposed, false}, {operand, ones});
  return builder.add("column_sums", MatMul{false, transposed}, {ones, operand});
}

// The product and what follows; what the bias can not hold becomes a term of the requantisation.
void import_product(OnnxBuilder& builder, const MatrixOperands& in, OnnxRequantization finish) {
  const MatMul op{in.transpose_a, in.transpose_b};
  const std::int32_t a_zero = in.aq.zero_point();
  const OnnxTensor* b_constant = builder.constant(in.b);
  const OnnxShape matrix = b_constant ? matrix_shape(b_constant->shape) : OnnxShape{};
  if (matrix.size() == 2 && b_constant->count() > 0) {
    const std::vector<std::int8_t> bytes = builder.need_bytes(*b_constant, "weights");
    const std::int64_t k = matrix[in.transpose_b ? 1 : 0], n = matrix[in.transpose_b ? 0 : 1];
    std::vector<std::int8_t> by_columns(bytes.size());
    for (std::int64_t i = 0; i < k; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        by_columns[static_cast<std::size_t>(i * n + j)] =
            bytes[static_cast<std::size_t>(in.transpose_b ? j * k + i : i * n + j)];
      }
    }
    const auto parts = centred_weights(builder, by_columns, zero_points_of_channels(builder, in.bq.zero_points, n));
    std::string bias = in.bias;
    if (!bias.empty() && builder.shape(bias) != OnnxShape{n} && builder.shape(bias) != OnnxShape{1, n}) {
      finish.terms.push_back(builder.plain(bias));
      finish.factors.push_back(1);
      builder.remark("a bias that is no row of numbers is a term of the requantisation");
      bias.clear();
    }
    const auto folded = folded_bias(builder, bias, a_zero, channel_sums(parts, static_cast<std::size_t>(n)));
    const std::vector<ChannelRun> runs = channel_runs(finish, parts.size());
    if (!runs.empty()) {
      const auto results = products_of_runs(builder, runs, in.a, MatMul{in.transpose_a, false}, {k, n}, parts[0],
                                            folded, finish.multipliers);
      const std::size_t last = builder.graph().tensor(results[0]).shape.size() - 1;
      define_shaped(builder, finish.output.type(), finish, Concat{last}, results);
      return;
    }
    TensorId first = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      std::vector<TensorId> inputs{in.a, builder.add_constant(builder.node().name + ".weights", {k, n}, parts[p])};
      if (p == 0 && !folded.empty()) inputs.push_back(builder.add_constant(builder.node().name + ".bias", {n}, folded));
      const TensorId sums = builder.add("sums", MatMul{in.transpose_a, false}, std::move(inputs));
      if (p == 0) {
        first = sums;
      } else {
        finish.terms.push_back(sums);
        finish.factors.push_back(1);
      }
    }
    finish_onnx_sums(builder, first, finish, std::nullopt);
    return;
  }
  if (in.bq.scales.size() != 1) builder.fail("a scale for each column needs constant weights of 2 dimensions");
  const std::int32_t b_zero = in.bq.zero_point();
  const TensorId b = in.b_tensor ? *in.b_tensor : builder.plain(in.b);
  const TensorId sums = builder.add("sums", op, {in.a, b});
  if (!in.bias.empty()) {
    finish.terms.push_back(builder.plain(in.bias));
    finish.factors.push_back(1);
  }
  if (b_zero != 0) {
    builder.remark("zero point of the second operand: row sums on the array, subtracted by the host");
    finish.terms.push_back(sums_along_k(builder, in.a, true, in.transpose_a));
    finish.factors.push_back(-b_zero);
  }
  if (a_zero != 0) {
    builder.remark("zero point of the first operand: column sums on the array, subtracted by the host");
    finish.terms.push_back(sums_along_k(builder, b, false, in.transpose_b));
    finish.factors.push_back(-a_zero);
  }
  const Shape& shape = builder.graph().tensor(in.a).shape;
  const std::int64_t k = shape[shape.size() - (in.transpose_a ? 2 : 1)];
  finish.offset = wrapped(k * a_zero * b_zero);
  finish_onnx_sums(builder, sums, finish, std::nullopt);
}

// As a product of matrices sees an operand: a vector is a row in front, a column behind.
Shape as_matrices(const OnnxBuilder& builder, const Shape& shape, bool is_first) {
  if (shape.empty()) builder.fail("an operand is a single number; expected at least 1 dimension");
  if (shape.size() > 1) return shape;
  return is_first ? Shape{1, shape[0]} : Shape{shape[0], 1};
}

// The leading dimensions of both, each as long as the longer one.
Shape common_batch(const OnnxBuilder& builder, const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size()) - 2;
  Shape batch(rank, 1);
  for (const Shape* shape : {&a, &b}) {
    const std::size_t missing = rank - (shape->size() - 2);
    for (std::size_t d = 0; d + 2 < shape->size(); ++d) {
      std::int64_t& extent = batch[missing + d];
      if (extent != 1 && (*shape)[d] != 1 && extent != (*shape)[d]) {
        builder.fail("the batch dimensions of " + onnx_shape_text(a) + " and " + onnx_shape_text(b) +
                     " do not fit each other");
      }
      extent = std::max(extent, (*shape)[d]);
    }
  }
  return batch;
}

// The operand with these leading dimensions.
TensorId with_batch(OnnxBuilder& builder, TensorId tensor, const Shape& shape, const Shape& batch) {
  Shape full(batch.size() - (shape.size() - 2), 1);
  full.insert(full.end(), shape.begin(), shape.end());
  if (full != builder.graph().tensor(tensor).shape) tensor = builder.add("matrices", Reshape{full}, {tensor});
  for (std::size_t d = 0; d < batch.size(); ++d) {
    if (full[d] != batch[d]) tensor = repeated(builder, tensor, d, batch[d]);
  }
  return tensor;
}

// Both operands as the graph's product takes them: equally many dimensions, or 2 of the second.
void set_matrices(OnnxBuilder& builder, const std::string& a_value, MatrixOperands& in, OnnxRequantization& finish) {
  const OnnxShape a_shape = builder.shape(a_value), b_shape = builder.shape(in.b);
  const Shape a = as_matrices(builder, a_shape, true), b = as_matrices(builder, b_shape, false);
  const Shape batch = common_batch(builder, a, b);
  Shape result = batch;
  if (a_shape.size() > 1) result.push_back(a[a.size() - 2]);
  if (b_shape.size() > 1) result.push_back(b.back());
  const bool is_shared = matrix_shape(b).size() == 2;
  const Shape own(a.begin(), a.end() - 2);
  in.a = with_batch(builder, builder.plain(a_value), a, is_shared ? own : batch);
  if (is_shared && builder.constant(in.b)) {
    in.b_tensor.reset();
  } else if (is_shared) {
    const TensorId tensor = builder.plain(in.b);
    in.b_tensor = b_shape.size() == 2 ? tensor : builder.add("shared", Reshape{matrix_shape(b)}, {tensor});
  } else {
    in.b_tensor = with_batch(builder, builder.plain(in.b), b, batch);
  }
  Shape whole = builder.graph().tensor(in.a).shape;
  whole.back() = b.back();
  if (whole != result) finish.shape = result;
}

}  // namespace

void import_qlinear_matmul(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  MatrixOperands in;
  in.aq = builder.tensor_quantization(node.input(1), node.input(2));
  in.bq = builder.quantization(node.input(4), node.input(5));
  need_onnx_type(builder, node.input(0), in.aq);
  need_onnx_type(builder, node.input(3), in.bq);
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(6), node.input(7));
  finish.multipliers = channel_multipliers(builder, in.aq.scale(), in.bq.scales, finish.output.scale());
  in.bias = node.input(8);
  in.b = node.input(3);
  set_matrices(builder, node.input(0), in, finish);
  import_product(builder, in, std::move(finish));
}

void import_qgemm(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  MatrixOperands in;
  in.aq = builder.tensor_quantization(node.input(1), node.input(2));
  in.bq = builder.quantization(node.input(4), node.input(5));
  need_onnx_type(builder, node.input(0), in.aq);
  need_onnx_type(builder, node.input(3), in.bq);
  OnnxRequantization finish;
  finish.is_float = node.input(7).empty();
  if (finish.is_float) {
    finish.output.scales = {1.0f};
    finish.output.zero_points = {0};
  } else {
    finish.output = builder.tensor_quantization(node.input(7), node.input(8));
  }
  const float alpha = node.float_or("alpha", 1.0f);
  finish.multipliers = channel_multipliers(builder, alpha * in.aq.scale(), in.bq.scales, finish.output.scale());
  if (builder.rank(node.input(0)) != 2 || builder.rank(node.input(3)) != 2) {
    builder.fail("expected matrices of 2 dimensions");
  }
  in.a = builder.plain(node.input(0));
  in.b = node.input(3);
  in.transpose_a = node.int_or("transA", 0) != 0;
  in.transpose_b = node.int_or("transB", 0) != 0;
  in.bias = node.input(6);
  import_product(builder, in, std::move(finish));
}

void import_matmul_integer(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxTensor& b = builder.need_constant(node.input(1), "second operand");
  const auto zero_of = [&](const std::string& name, OnnxType type) {
    const std::int32_t shift = type == OnnxType::UInt8 ? 128 : 0;
    if (name.empty()) return -shift;
    const std::vector<std::int64_t> points = builder.need_constant(name, "zero point").integers();
    if (points.size() != 1) builder.fail("zero point '" + name + "' must be one number");
    return static_cast<std::int32_t>(points[0]) - shift;
  };
  const std::int32_t a_zero = zero_of(node.input(2), builder.type(node.input(0)));
  const std::int32_t b_zero = zero_of(node.input(3), b.type);
  if (b.shape.size() != 2 || b.count() == 0 || builder.rank(node.input(0)) < 2) {
    builder.fail("expected operands of at least 2 dimensions, the second of exactly 2");
  }
  const std::vector<std::int8_t> centred =
      centred_weights_of_one(builder, builder.need_bytes(b, "second operand"), {b_zero});
  const std::int64_t n = b.shape[1];
  std::vector<TensorId> inputs{builder.plain(node.input(0)),
                               builder.add_constant(node.name + ".weights", b.shape, centred)};
  const auto bias = folded_bias(builder, "", a_zero, channel_sums({centred}, static_cast<std::size_t>(n)));
  if (!bias.empty()) inputs.push_back(builder.add_constant(node.name + ".bias", {n}, bias));
  builder.plain_result(node.outputs[0], OnnxType::Int32, MatMul{}, std::move(inputs));
}

}  // namespace gemel::compiler
