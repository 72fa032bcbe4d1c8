// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/loop_check.h"

#include <algorithm>
#include <cstdint>

namespace gemel::arch {

namespace {

std::string needs(const char* what, std::uint64_t rows, const char* memory, std::uint32_t half) {
  return std::string(what) + " " + std::to_string(rows) + " rows of the " + memory + "; a half has " +
         std::to_string(half);
}

// Rows of the two operands, which share a half unless the ids put them into different ones.
std::string operands_fit(std::uint64_t first, std::uint64_t second, unsigned first_id, unsigned second_id,
                         const DerivedConfig& derived) {
  const std::uint32_t half = derived.scratchpad_rows / 2;
  if (first_id > 2 || second_id > 2) return "scratchpad id 3 does not exist; 0, 1 or 2";
  const bool apart = first_id != 0 && second_id != 0 && first_id != second_id;
  const std::uint64_t rows = apart ? std::max(first, second) : first + second;
  return rows > half ? needs("the tile's operands need", rows, "scratchpad", half) : "";
}

std::string why_illegal_2025(const MatmulLoop& loop) {
  if (loop.skip_load_a && loop.skip_load_b && loop.skip_load_d && loop.skip_execute && loop.skip_store)
    return "every stream is skipped, the loop would never end";
  if (loop.scratchpad_only && !loop.skip_store)
    return "scratchpad_only would store to the scratchpad by mvout_spad, which is not built in; set skip_store";
  if (loop.residual_add && (loop.a_transpose || loop.b_transpose)) return "a residual add transposes nothing";
  return "";
}

}  // namespace

std::string why_illegal(const MatmulLoop& loop, const AcceleratorConfig& config, const DerivedConfig& derived) {
  const std::uint32_t dim = derived.dim;
  if (loop.i == 0 || loop.j == 0 || (loop.k == 0 && !loop.residual_add))
    return "a loop of " + std::to_string(loop.i) + " x " + std::to_string(loop.j) + " x " + std::to_string(loop.k) +
           " blocks; each bound is at least 1";
  if (loop.pad_i >= dim || loop.pad_j >= dim || (loop.pad_k >= dim && !loop.residual_add))
    return "a padding of " + std::to_string(std::max({loop.pad_i, loop.pad_j, loop.pad_k})) + "; the most is " +
           std::to_string(dim - 1);
  if (loop.activation > (config.normalisations ? 4 : 1))
    return "activation " + std::to_string(loop.activation) + " is not built in";
  if (loop.has_statistics() && (loop.full_c || loop.residual_add))
    return "layernorm and softmax need products whose results are stored as int8";
  if (loop.a_transpose && loop.b_transpose) return "both operands transposed needs two transposers";
  if (loop.full_c && !config.full_width_accumulator_read) return "full-width mvout is not built in";
  if (std::string why = why_illegal_2025(loop); !why.empty()) return why;
  const std::uint64_t results = std::uint64_t{loop.i} * loop.j * dim;
  const std::uint32_t half = derived.accumulator_rows / 2;
  if (results > half) return needs("the tile's results need", results, "accumulator", half);
  if (loop.residual_add) return "";
  if (loop.scratchpad_only || loop.a_start % (derived.scratchpad_rows / 2) != 0 ||
      loop.b_end % (derived.scratchpad_rows / 2) != 0)
    return "";  // places of its own; the commands tell whether they fit
  return operands_fit(std::uint64_t{loop.i} * loop.k * dim, std::uint64_t{loop.k} * loop.j * dim, loop.a_scratchpad_id,
                      loop.b_scratchpad_id, derived);
}

std::string why_illegal(const ConvLoop& loop, const DerivedConfig& derived) {
  const auto zero = [](std::uint32_t value, const char* name) {
    return value == 0 ? std::string(name) + " is 0; at least 1" : std::string();
  };
  for (const std::string& why :
       {zero(loop.batches, "batches"), zero(loop.out_rows, "out_rows"), zero(loop.out_cols, "out_cols"),
        zero(loop.pooled_channels, "pooled_channels"), zero(loop.kernel_rows, "kernel_rows"),
        zero(loop.kernel_cols, "kernel_cols"), zero(loop.kernel_channels, "kernel_channels"),
        zero(loop.stride, "stride"), zero(loop.kernel_dilation, "kernel_dilation")})
    if (!why.empty()) return why;
  if (loop.activation > 1 && derived.normalised_rows == 0)
    return "activation " + std::to_string(loop.activation) + " is not built in";
  const std::uint32_t pixels = std::min(loop.max_pixels_per_row, loop.kernel_cols);
  if (pixels > 1 && pixels * loop.kernel_channels > derived.dim)
    return std::to_string(pixels) + " pixels of " + std::to_string(loop.kernel_channels) +
           " channels do not fit a row of " + std::to_string(derived.dim);
  const ConvShape shape = conv_shape(loop, derived);
  if (shape.in_rows_unpadded < 1 || shape.in_cols_unpadded < 1) return "the padding covers the whole input of the tile";
  if (!loop.no_pool) {
    if (loop.pool_size == 0 || loop.pool_size > 3 || loop.pool_stride == 0 || loop.pool_stride > 3)
      return "pooling with a window of " + std::to_string(loop.pool_size) + " and a step of " +
             std::to_string(loop.pool_stride) + "; both are 1 to 3";
    if (loop.out_rows > 255 || loop.out_cols > 255 || loop.pooled_rows > 255 || loop.pooled_cols > 255)
      return "pooling of more than 255 rows or columns";
  }
  const std::uint32_t half = derived.accumulator_rows / 2;
  if (shape.result_rows_used > half)
    return needs("the tile's results need", shape.result_rows_used, "accumulator", half);
  return operands_fit(shape.input_rows_used, shape.weight_rows_used, loop.input_scratchpad_id,
                      loop.weights_scratchpad_id, derived);
}

}  // namespace gemel::arch
