// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

std::vector<float> transposed(const std::vector<float>& matrix, std::int64_t rows, std::int64_t columns) {
  std::vector<float> result(matrix.size());
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      result[static_cast<std::size_t>(c * rows + r)] = matrix[static_cast<std::size_t>(r * columns + c)];
    }
  }
  return result;
}

// y += a·b, of m·k and k·n.
void multiply(const float* a, const float* b, float* y, std::int64_t m, std::int64_t k, std::int64_t n) {
  for (std::int64_t i = 0; i < m; ++i) {
    float* row = y + i * n;
    for (std::int64_t l = 0; l < k; ++l) {
      const float factor = a[i * k + l];
      const float* from = b + l * n;
      for (std::int64_t j = 0; j < n; ++j) row[j] += factor * from[j];
    }
  }
}

}  // namespace

OnnxTensors evaluate_matmul(const Operands& in) {
  const OnnxShape &a = in.shape(0), &b = in.shape(1);
  const auto misfit = [&] { in.fail("operands " + onnx_shape_text(a) + " and " + onnx_shape_text(b) + " do not fit"); };
  if (a.size() < 2 || b.size() < 2 || a.back() != b[b.size() - 2]) misfit();
  const std::int64_t m = a[a.size() - 2], k = a.back(), n = b.back();
  // Batch dimensions, repeated where one has 1.
  const std::size_t rank = std::max(a.size(), b.size());
  OnnxShape shape, steps_a, steps_b;
  const auto extent = [&](const OnnxShape& s, std::size_t d) {
    return d + s.size() < rank ? 1 : s[d + s.size() - rank];
  };
  for (std::size_t d = 0; d + 2 < rank; ++d) {
    const std::int64_t x = extent(a, d), y = extent(b, d);
    if (x != y && x != 1 && y != 1) misfit();
    shape.push_back(x == 1 ? y : x);
  }
  std::int64_t step_a = m * k, step_b = k * n;
  steps_a.resize(shape.size());
  steps_b.resize(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    steps_a[d] = extent(a, d) == 1 ? 0 : step_a;
    steps_b[d] = extent(b, d) == 1 ? 0 : step_b;
    step_a *= extent(a, d);
    step_b *= extent(b, d);
  }
  const std::int64_t batches = onnx_element_count(shape);
  OnnxShape full = shape;
  full.insert(full.end(), {m, n});
  const std::vector<float> x = in.floats(0), w = in.floats(1);
  std::vector<float> y(in.checked_count(full));
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    std::int64_t rest = batch, at_a = 0, at_b = 0;
    for (std::size_t d = shape.size(); d-- > 0;) {
      at_a += rest % shape[d] * steps_a[d];
      at_b += rest % shape[d] * steps_b[d];
      rest /= shape[d];
    }
    multiply(x.data() + at_a, w.data() + at_b, y.data() + batch * m * n, m, k, n);
  }
  return {float_tensor(full, y)};
}

OnnxTensors evaluate_gemm(const Operands& in) {
  const OnnxShape &a = in.shape(0), &b = in.shape(1);
  if (a.size() != 2 || b.size() != 2) in.fail("expected matrices");
  const bool turn_a = in.node().int_or("transA", 0) != 0, turn_b = in.node().int_or("transB", 0) != 0;
  const std::int64_t m = a[turn_a ? 1 : 0], k = a[turn_a ? 0 : 1], n = b[turn_b ? 0 : 1];
  if (b[turn_b ? 1 : 0] != k) in.fail("operands " + onnx_shape_text(a) + " and " + onnx_shape_text(b) + " do not fit");
  std::vector<float> x = in.floats(0), w = in.floats(1);
  if (turn_a) x = transposed(x, a[0], a[1]);
  if (turn_b) w = transposed(w, b[0], b[1]);
  std::vector<float> y(in.checked_count({m, n}));
  multiply(x.data(), w.data(), y.data(), m, k, n);
  const float alpha = in.node().float_or("alpha", 1.0f), beta = in.node().float_or("beta", 1.0f);
  for (float& value : y) value *= alpha;
  if (in.has(2)) {
    const OnnxShape& shape = in.shape(2);
    const std::vector<float> c = in.floats(2);
    const std::int64_t columns = shape.empty() ? 1 : shape.back();
    const std::int64_t rows = shape.size() == 2 ? shape[0] : 1;
    if (shape.size() > 2 || (columns != n && columns != 1) || (rows != m && rows != 1)) {
      in.fail("the third operand " + onnx_shape_text(shape) + " does not fit");
    }
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        y[static_cast<std::size_t>(i * n + j)] +=
            beta * c[static_cast<std::size_t>((rows == 1 ? 0 : i) * columns + (columns == 1 ? 0 : j))];
      }
    }
  }
  return {float_tensor({m, n}, y)};
}

}  // namespace gemel::compiler
