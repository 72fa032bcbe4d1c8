// SPDX-License-Identifier: Apache-2.0
#pragma once
// What convolutions and matrix products have in common: zero points folded into weights and biases, and what follows
// the sums.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/import/onnx_builder.h"

namespace gemel::compiler {

// What follows sums: one multiplier, or one a channel (the last dimension).
struct OnnxRequantization {
  std::vector<float> multipliers;
  OnnxQuantization output;
  // Instead of `output`: the sums as float numbers, times the one multiplier.
  bool is_float = false;
  // Of the result, where it is another than that of the sums.
  std::optional<Shape> shape;
  // Terms added to the sums first: int32 tensors times factors, and a number.
  std::vector<TensorId> terms;
  std::vector<std::int32_t> factors;
  std::int32_t offset = 0;
};

// int32 sums to the node's first output. An image has its channels last.
void finish_onnx_sums(OnnxBuilder& builder, TensorId sums, const OnnxRequantization& finish,
                      std::optional<std::size_t> image_rank);

// The node's first output, in the shape that `finish` names.
void define_shaped(OnnxBuilder& builder, OnnxType type, const OnnxRequantization& finish, Operator op,
                   std::vector<TensorId> inputs);

// The value's type is that of its zero point.
void need_onnx_type(const OnnxBuilder& builder, const std::string& value, const OnnxQuantization& quantization);

// One zero point for each of the channels.
std::vector<std::int32_t> zero_points_of_channels(const OnnxBuilder& builder, const std::vector<std::int32_t>& points,
                                                  std::int64_t channels);

// Weights minus their zero points (repeated along the last dimension) as a sum of int8 tensors, one where all
// differences fit. Remarked.
std::vector<std::vector<std::int8_t>> centred_weights(OnnxBuilder& builder, const std::vector<std::int8_t>& weights,
                                                      const std::vector<std::int32_t>& zero_points);
// The same, refused where one tensor is not enough.
std::vector<std::int8_t> centred_weights_of_one(OnnxBuilder& builder, const std::vector<std::int8_t>& weights,
                                                const std::vector<std::int32_t>& zero_points);

// Of each output channel (the last dimension) of all parts.
std::vector<std::int64_t> channel_sums(const std::vector<std::vector<std::int8_t>>& parts, std::size_t channels);

// The model's bias, or zeros where its name is empty, minus the zero point of x times the sums of the weights. Empty
// where it is all zero.
std::vector<std::int32_t> folded_bias(OnnxBuilder& builder, const std::string& bias, std::int32_t x_zero_point,
                                      const std::vector<std::int64_t>& weight_sums);

// x_scale * w / y_scale for each w, as ONNX Runtime rounds it.
std::vector<float> channel_multipliers(const OnnxBuilder& builder, float x_scale, const std::vector<float>& w_scales,
                                       float y_scale);

// Consecutive channels of one multiplier.
struct ChannelRun {
  std::size_t begin = 0, end = 0;
};

// The runs where each is wide enough to be a product of its own. Empty where one multiplier serves all, or the host
// must requantise anyway.
std::vector<ChannelRun> channel_runs(const OnnxRequantization& finish, std::size_t parts);

// A product (a Conv2d or MatMul of x) for each run, each requantised by the array; `weights`, of `shape`, end with the
// channels. Results are to be joined along these.
std::vector<TensorId> products_of_runs(OnnxBuilder& builder, const std::vector<ChannelRun>& runs, TensorId x,
                                       const Operator& op, const Shape& shape, const std::vector<std::int8_t>& weights,
                                       const std::vector<std::int32_t>& bias, const std::vector<float>& multipliers);

inline std::int32_t wrapped(std::int64_t value) { return static_cast<std::int32_t>(static_cast<std::uint64_t>(value)); }

}  // namespace gemel::compiler
