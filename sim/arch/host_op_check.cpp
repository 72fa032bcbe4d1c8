// SPDX-License-Identifier: Apache-2.0
// What each kind of host operator requires, and what it costs.
#include <stdexcept>

#include "sim/arch/host_op.h"

namespace gemel::arch {

namespace {

using Kind = HostOpKind;

struct KindInfo {
  Kind kind;
  const char* name;
  unsigned min_inputs;
  unsigned max_inputs;
  unsigned params;
  unsigned optional_params;  // more than `params` allowed
  const char* param_names;
  unsigned scales;  // besides none where `scales_optional`
  bool scales_optional;
};

constexpr KindInfo kKinds[] = {
    {Kind::Softmax, "softmax", 1, 2, 2, 2, "causal, offset, perhaps zero point and logarithm", 2, false},
    {Kind::LayerNorm, "layer_norm", 3, 3, 1, 0, "epsilon bits", 2, false},
    {Kind::Gelu, "gelu", 1, 1, 0, 0, "none", 2, false},
    {Kind::Copy, "copy", 1, 1, 0, 0, "none", 2, true},
    {Kind::Fill, "fill", 0, 0, 1, 0, "value", 0, true},
    {Kind::MaxPool, "max_pool", 1, 1, 9, 0, "kernel h, w, stride h, w, pad top, left, bottom, right, pad_counts", 0,
     true},
    {Kind::AveragePool, "average_pool", 1, 1, 9, 0,
     "kernel h, w, stride h, w, pad top, left, bottom, right, pad_counts", 2, false},
    {Kind::Requantize, "requantize", 1, 1, 1, 0, "relu", 2, false},
    {Kind::Add, "add", 2, 2, 1, 0, "relu", 3, false},
    {Kind::Mul, "mul", 2, 2, 0, 0, "none", 3, false},
    {Kind::Relu, "relu", 1, 1, 0, 0, "none", 2, true},
    {Kind::MatMul, "mat_mul", 2, 3, 1, 0, "relu", 3, false},
    {Kind::Conv2d, "conv2d", 2, 3, 10, 0, "stride h, w, pad top, left, bottom, right, dilation h, w, groups, relu", 3,
     false},
    {Kind::Lookup, "lookup", 2, 3, 0, 0, "none", 0, true},
    {Kind::QuantizeSums, "quantize_sums", 2, 4, 6, 0, "zero point, least, most, offset, factor, factor", 0, true},
    {Kind::QuantizeFloat, "quantize_float", 1, 1, 1, 0, "zero point", 1, false},
    {Kind::DequantizeFloat, "dequantize_float", 1, 1, 1, 0, "zero point", 1, false},
    {Kind::GatherRows, "gather_rows", 2, 2, 0, 0, "none", 0, true},
    {Kind::Interpolate, "interpolate", 5, 5, 2, 0, "zero point of the input, of the output", 2, false},
};

const KindInfo& info_of(Kind kind) {
  for (const KindInfo& info : kKinds) {
    if (info.kind == kind) return info;
  }
  throw std::invalid_argument("host operator kind " + std::to_string(static_cast<int>(kind)) + " does not exist");
}

[[noreturn]] void fail(const HostOp& op, const std::string& what) {
  throw std::invalid_argument(std::string("host operator ") + info_of(op.kind).name + ": " + what);
}

void require(const HostOp& op, bool condition, const std::string& what) {
  if (!condition) fail(op, what);
}

std::uint64_t elements_of(const HostTensor& t) {
  std::uint64_t n = 1;
  for (const std::int64_t d : t.shape) n *= static_cast<std::uint64_t>(d);
  return n;
}

// Elements at different places.
std::uint64_t distinct_elements(const HostTensor& t) {
  std::uint64_t n = 1;
  for (std::size_t i = 0; i < t.shape.size(); ++i) {
    if (t.strides.empty() || t.strides[i] != 0) n *= static_cast<std::uint64_t>(t.shape[i]);
  }
  return n;
}

void check_tensor(const HostOp& op, const HostTensor& t, const std::string& name) {
  require(op, t.element_bytes == 1 || t.element_bytes == 4,
          name + " has elements of " + std::to_string(t.element_bytes) + " bytes; expected 1 or 4");
  require(op, t.strides.empty() || t.strides.size() == t.shape.size(), name + " has not one stride a dimension");
  std::uint64_t n = 1;
  for (const std::int64_t d : t.shape) {
    require(
        op, d > 0 && static_cast<std::uint64_t>(d) <= (std::uint64_t{1} << 40) / n,
        name + " has a dimension of " + std::to_string(d) + "; expected at least 1 and at most 2^40 elements in all");
    n *= static_cast<std::uint64_t>(d);
  }
  for (const std::int64_t s : t.strides) {
    require(op, s > -(std::int64_t{1} << 40) && s < (std::int64_t{1} << 40), name + " has a stride out of range");
  }
}

std::int64_t pooled(std::int64_t in, std::int64_t before, std::int64_t after, std::int64_t window,
                    std::int64_t stride) {
  const std::int64_t room = in + before + after - window;
  return room < 0 ? 0 : room / stride + 1;
}

void check_pool(const HostOp& op) {
  const auto& in = op.inputs[0].shape;
  const auto& out = op.output.shape;
  require(op, in.size() == 4 && out.size() == 4, "expected NHWC input and output");
  for (int i = 0; i < 4; ++i) require(op, op.params[i] >= 1, "kernel and stride must be at least 1");
  for (int i = 4; i < 8; ++i) require(op, op.params[i] >= 0, "padding must not be negative");
  require(op,
          op.params[4] < op.params[0] && op.params[6] < op.params[0] && op.params[5] < op.params[1] &&
              op.params[7] < op.params[1],
          "padding must be smaller than the kernel");
  require(op,
          out[0] == in[0] && out[3] == in[3] &&
              out[1] == pooled(in[1], op.params[4], op.params[6], op.params[0], op.params[2]) &&
              out[2] == pooled(in[2], op.params[5], op.params[7], op.params[1], op.params[3]),
          "output shape does not follow from input and window");
}

void check_mat_mul(const HostOp& op) {
  const auto& a = op.inputs[0].shape;
  const auto& b = op.inputs[1].shape;
  const auto& out = op.output.shape;
  const std::size_t rank = out.size();
  require(op, rank >= 2 && a.size() == rank && b.size() == rank, "expected matrices of one rank, at least 2");
  for (std::size_t i = 0; i + 2 < rank; ++i) require(op, a[i] == out[i] && b[i] == out[i], "leading dimensions differ");
  require(op, a[rank - 2] == out[rank - 2] && b[rank - 1] == out[rank - 1] && a[rank - 1] == b[rank - 2],
          "expected [m, k] by [k, n] to [m, n]");
  require(op, op.inputs[0].element_bytes == 1 && op.inputs[1].element_bytes == 1, "expected int8 factors");
  if (op.inputs.size() == 3) {
    require(op, op.inputs[2].element_bytes == 4 && op.inputs[2].shape == out,
            "expected an int32 bias of the output's shape");
  }
}

void check_conv2d(const HostOp& op) {
  const auto& x = op.inputs[0].shape;
  const auto& w = op.inputs[1].shape;
  const auto& out = op.output.shape;
  const auto& p = op.params;
  require(op, x.size() == 4 && w.size() == 4 && out.size() == 4, "expected NHWC input and output and HWIO weights");
  require(op, op.inputs[0].element_bytes == 1 && op.inputs[1].element_bytes == 1, "expected int8 input and weights");
  require(op, p[0] >= 1 && p[1] >= 1 && p[6] >= 1 && p[7] >= 1 && p[8] >= 1,
          "stride, dilation and groups must be at least 1");
  for (int i = 2; i < 6; ++i) require(op, p[i] >= 0, "padding must not be negative");
  require(op, x[3] == w[2] * p[8] && out[3] == w[3] && w[3] % p[8] == 0, "channels, groups and weights do not fit");
  require(op,
          out[0] == x[0] && out[1] == pooled(x[1], p[2], p[4], (w[0] - 1) * p[6] + 1, p[0]) &&
              out[2] == pooled(x[2], p[3], p[5], (w[1] - 1) * p[7] + 1, p[1]),
          "output shape does not follow from input and kernel");
  if (op.inputs.size() == 3) {
    require(op, op.inputs[2].element_bytes == 4 && op.inputs[2].shape == std::vector<std::int64_t>{out[3]},
            "expected an int32 bias of one number an output channel");
  }
}

void check_lookup(const HostOp& op) {
  const HostTensor& table = op.inputs.back();
  const std::int64_t entries = op.inputs.size() == 2 ? 256 : 65536;
  require(op, table.element_bytes == 1 && table.shape == std::vector<std::int64_t>{entries},
          "expected a table of " + std::to_string(entries) + " bytes");
  require(op, op.output.element_bytes == 1, "expected an output of bytes");
  for (std::size_t i = 0; i + 1 < op.inputs.size(); ++i) {
    require(op, op.inputs[i].element_bytes == 1 && op.inputs[i].shape == op.output.shape,
            "expected inputs of bytes, of the output's shape");
  }
}

void check_gather_rows(const HostOp& op) {
  const HostTensor &indices = op.inputs[0], &table = op.inputs[1];
  require(op, indices.element_bytes == 4, "expected int32 indices");
  require(op, table.element_bytes == 1 && table.shape.size() == 2, "expected an int8 table of rows");
  std::vector<std::int64_t> shape = indices.shape;
  shape.push_back(table.shape.size() == 2 ? table.shape[1] : 0);
  require(op, op.output.element_bytes == 1 && op.output.shape == shape,
          "expected an int8 output of the indices' shape and the table's width");
}

void check_interpolate(const HostOp& op) {
  const std::vector<std::int64_t>&in = op.inputs[0].shape, &out = op.output.shape;
  require(op, op.inputs[0].element_bytes == 1 && op.output.element_bytes == 1 && in.size() == 4 && out.size() == 4,
          "expected int8 images");
  require(op, in[0] == out[0] && in[3] == out[3], "samples and channels of input and output differ");
  for (std::size_t d = 1; d <= 2; ++d) {
    const HostTensor &elements = op.inputs[2 * d - 1], &weights = op.inputs[2 * d];
    require(op, elements.element_bytes == 4 && weights.element_bytes == 4 && elements.shape == weights.shape,
            "expected int32 elements and float32 weights of one shape");
    require(op, elements.shape.size() == 2 && elements.shape[0] == out[d],
            "expected taps for each row and each column of the output");
  }
  for (const std::int64_t zero_point : op.params) {
    require(op, zero_point >= -128 && zero_point <= 127, "a zero point must be in -128 to 127");
  }
}

void check_quantization(const HostOp& op) {
  const bool to_float = op.kind == Kind::DequantizeFloat;
  require(op, op.output.element_bytes == (to_float ? 4 : 1),
          to_float ? "expected a float32 output" : "expected an int8 output");
  require(op, op.params[0] >= -128 && op.params[0] <= 127, "the zero point must be in -128 to 127");
  if (op.kind == Kind::QuantizeSums) {
    require(op, op.params[1] >= -128 && op.params[1] <= op.params[2] && op.params[2] <= 127,
            "limits must be in order and in -128 to 127");
  }
  for (const HostTensor& t : op.inputs) {
    require(op, to_float || t.element_bytes == 4, "expected inputs of 32 bits");
  }
}

std::uint64_t macs_of(const HostOp& op) {
  if (op.kind == Kind::MatMul) {
    return elements_of(op.output) * static_cast<std::uint64_t>(op.inputs[0].shape.back());
  }
  if (op.kind == Kind::Conv2d) {
    const auto& w = op.inputs[1].shape;
    return elements_of(op.output) * static_cast<std::uint64_t>(w[0] * w[1] * w[2]);
  }
  return 0;
}

std::uint64_t operations_of(const HostOp& op) {
  const std::uint64_t n = elements_of(op.output);
  switch (op.kind) {
    case Kind::Softmax:
      return (op.inputs.size() == 2 ? 10 : 8) * n;
    case Kind::LayerNorm:
      return 8 * n;
    case Kind::Gelu:
      return 16 * n;
    case Kind::Copy:
      return (op.scales.empty() ? 1 : 2) * n;
    case Kind::Fill:
      return n;
    case Kind::MaxPool:
    case Kind::AveragePool:
      return (static_cast<std::uint64_t>(op.params[0] * op.params[1]) + 2) * n;
    case Kind::Requantize:
    case Kind::Relu:
      return 2 * n;
    case Kind::Add:
      return 4 * n;
    case Kind::Mul:
      return 3 * n;
    case Kind::MatMul:
    case Kind::Conv2d:
      return 2 * macs_of(op) + 2 * n;
    case Kind::Lookup:
      return (op.inputs.size() == 2 ? 2 : 4) * n;
    case Kind::QuantizeSums:
      return (4 + 2 * (op.inputs.size() - 2)) * n;
    case Kind::QuantizeFloat:
      return 3 * n;
    case Kind::DequantizeFloat:
      return 2 * n;
    case Kind::GatherRows:
      return n;
    case Kind::Interpolate:
      return (2 * static_cast<std::uint64_t>(op.inputs[1].shape[1] * op.inputs[3].shape[1]) + 3) * n;
  }
  return n;
}

}  // namespace

const char* host_op_name(HostOpKind kind) { return info_of(kind).name; }

bool parse_host_op_kind(const std::string& name, HostOpKind& kind) {
  for (const KindInfo& info : kKinds) {
    if (name != info.name) continue;
    kind = info.kind;
    return true;
  }
  return false;
}

void check_host_op(const HostOp& op) {
  const KindInfo& info = info_of(op.kind);
  require(op, op.inputs.size() >= info.min_inputs && op.inputs.size() <= info.max_inputs,
          std::to_string(op.inputs.size()) + " inputs; expected " + std::to_string(info.min_inputs) +
              (info.max_inputs > info.min_inputs ? " or " + std::to_string(info.max_inputs) : std::string()));
  require(op, op.params.size() >= info.params && op.params.size() <= info.params + info.optional_params,
          std::to_string(op.params.size()) + " params; expected " + std::to_string(info.params) + " (" +
              info.param_names + ")");
  const std::size_t scales = info.scales + (op.kind == Kind::Softmax ? op.inputs.size() - 1 : 0);
  require(op, op.scales.size() == scales || (info.scales_optional && op.scales.empty()),
          std::to_string(op.scales.size()) + " scales; expected " + std::to_string(scales));
  for (const float s : op.scales) require(op, s > 0 && s <= 3.4e38f, "a scale is not a positive finite number");
  for (std::size_t i = 0; i < op.inputs.size(); ++i) check_tensor(op, op.inputs[i], "input " + std::to_string(i));
  check_tensor(op, op.output, "output");
  switch (op.kind) {
    case Kind::MaxPool:
    case Kind::AveragePool:
      check_pool(op);
      return;
    case Kind::MatMul:
      check_mat_mul(op);
      return;
    case Kind::Conv2d:
      check_conv2d(op);
      return;
    case Kind::Lookup:
      check_lookup(op);
      return;
    case Kind::GatherRows:
      check_gather_rows(op);
      return;
    case Kind::Interpolate:
      check_interpolate(op);
      return;
    case Kind::QuantizeSums:
    case Kind::QuantizeFloat:
    case Kind::DequantizeFloat:
      check_quantization(op);
      break;
    default:
      break;
  }
  require(op, !op.output.shape.empty() || (op.kind != Kind::Softmax && op.kind != Kind::LayerNorm),
          "expected at least one dimension");
  require(op,
          op.kind != Kind::Softmax || op.params.size() < 4 || op.params[3] == 0 ||
              (op.params[0] == 0 && op.inputs.size() == 1),
          "the logarithm is neither causal nor masked");
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    if (op.kind == Kind::LayerNorm && i > 0) {
      require(
          op,
          op.inputs[i].element_bytes == 4 && op.inputs[i].shape == std::vector<std::int64_t>{op.output.shape.back()},
          "gamma and beta must be float32 of the last dimension");
    } else {
      require(op, op.inputs[i].shape == op.output.shape, "shapes of input and output differ");
    }
  }
  if (op.kind == Kind::Copy && op.scales.empty()) {
    require(op, op.inputs[0].element_bytes == op.output.element_bytes, "element sizes of a plain copy differ");
  }
}

HostOpWork host_op_work(const HostOp& op) {
  check_host_op(op);
  HostOpWork work;
  work.operations = operations_of(op);
  for (const HostTensor& t : op.inputs) work.bytes_read += distinct_elements(t) * t.element_bytes;
  if (op.kind == Kind::GatherRows) {
    work.bytes_read = distinct_elements(op.inputs[0]) * op.inputs[0].element_bytes + elements_of(op.output);
  }
  work.bytes_written = distinct_elements(op.output) * op.output.element_bytes;
  work.macs = macs_of(op);
  return work;
}

std::uint64_t host_op_cost_cycles(const HostOp& op, const HostConfig& config) {
  const HostOpWork work = host_op_work(op);
  const auto cycles = [](std::uint64_t amount, std::uint64_t rate) { return (amount + rate - 1) / rate; };
  const std::uint64_t compute = cycles(work.operations, config.operations_per_cycle);
  const std::uint64_t traffic = cycles(work.bytes_read + work.bytes_written, config.bytes_per_cycle);
  return kHostCallCycles + (compute > traffic ? compute : traffic);
}

}  // namespace gemel::arch
