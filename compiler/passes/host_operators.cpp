// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/host_operators.h"

#include "compiler/passes/fusion_chain.h"

namespace gemel::compiler {

std::string set_host_operator(const Operator& op, HostLayer& host) {
  if (const auto* softmax = std::get_if<Softmax>(&op)) {
    host.kind = arch::HostOpKind::Softmax;
    host.params = softmax_params(*softmax);
    host.scales = softmax_scales(*softmax, host.inputs.size());
    return "the array has no exponential";
  }
  if (const auto* norm = std::get_if<LayerNorm>(&op)) {
    host.kind = arch::HostOpKind::LayerNorm;
    host.params = {static_cast<std::int64_t>(arch::bits_from_float(norm->epsilon))};
    host.scales = {norm->input_scale, norm->output_scale};
    return "the array has no mean and square root";
  }
  if (const auto* gelu = std::get_if<Gelu>(&op)) {
    host.kind = arch::HostOpKind::Gelu;
    host.scales = {gelu->input_scale, gelu->output_scale};
    return "the array has no error function";
  }
  if (const auto* mul = std::get_if<Mul>(&op)) {
    host.kind = arch::HostOpKind::Mul;
    host.scales = {mul->a_scale, mul->b_scale, mul->output_scale};
    return "the array multiplies matrices, not elements";
  }
  if (const auto* pool = std::get_if<MaxPool>(&op)) {
    const Window& w = pool->window;
    host.kind = arch::HostOpKind::MaxPool;
    host.params = {w.kernel_h,       w.kernel_w,      w.stride_h,
                   w.stride_w,       w.padding.top,   w.padding.left,
                   w.padding.bottom, w.padding.right, pool->ignores_padding ? 0 : 1};
    if (pool->ignores_padding && w.padding.any() && fits_store_path(w)) {
      return "the store path counts padding as 0, and the input may be negative";
    }
    return fits_store_path(w) ? "no convolution before it whose result it alone reads"
                              : "the store path pools square windows of at most 3";
  }
  if (const auto* requantize = std::get_if<Requantize>(&op)) {
    host.kind = arch::HostOpKind::Requantize;
    host.params = {0};
    host.scales = {requantize->scale, 1.0f};
    return "no sum before it that it alone reads";
  }
  if (std::holds_alternative<Lookup>(op) || std::holds_alternative<LookupPair>(op)) {
    host.kind = arch::HostOpKind::Lookup;
    return std::holds_alternative<Lookup>(op) ? "the array has no tables" : "the array has no tables of pairs";
  }
  if (const auto* quantize = std::get_if<QuantizeSums>(&op)) {
    host.kind = arch::HostOpKind::QuantizeSums;
    host.params = quantize_sums_params(*quantize);
    return "the store path has one scale and no zero point";
  }
  if (const auto* quantize = std::get_if<QuantizeFloat>(&op)) {
    host.kind = arch::HostOpKind::QuantizeFloat;
    host.params = {quantize->zero_point};
    host.scales = {quantize->scale};
    return "the array has no floating point";
  }
  if (const auto* dequantize = std::get_if<DequantizeFloat>(&op)) {
    host.kind = arch::HostOpKind::DequantizeFloat;
    host.params = {dequantize->zero_point};
    host.scales = {dequantize->scale};
    return "the array has no floating point";
  }
  if (std::holds_alternative<GatherRows>(op)) {
    host.kind = arch::HostOpKind::GatherRows;
    return "the array's addresses do not depend on data";
  }
  if (const auto* interpolate = std::get_if<Interpolate>(&op)) {
    host.kind = arch::HostOpKind::Interpolate;
    host.params = {interpolate->input_zero_point, interpolate->output_zero_point};
    host.scales = {interpolate->input_scale, interpolate->output_scale};
    return "the array rounds what it mixes once a pass, not once";
  }
  host.kind = arch::HostOpKind::Relu;
  return "no sum before it that it alone reads";
}

}  // namespace gemel::compiler
