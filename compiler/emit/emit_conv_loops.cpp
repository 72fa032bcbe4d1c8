// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "compiler/emit/emitter.h"
#include "sim/arch/isa.h"

namespace gemel::compiler {
namespace {

using arch::Command;
using arch::FieldPlace;
using arch::Funct;
namespace field = arch::field;

void put(Command& command, const FieldPlace& place, std::uint64_t value) {
  if (value > place.mask()) {
    throw std::logic_error("convolution loops: " + std::to_string(value) + " does not fit a field of " +
                           std::to_string(place.width) + " bits");
  }
  place.set(command, value);
}

Command command_of(Funct funct, std::uint64_t rs1 = 0, std::uint64_t rs2 = 0) {
  return {static_cast<std::uint8_t>(funct), rs1, rs2};
}

using Configuration = std::array<Command, 6>;  // functs 16 to 21

Configuration empty_configuration(const arch::ConvLoop& loop) {
  return {command_of(Funct::LoopConvWsConfig1),
          command_of(Funct::LoopConvWsConfig2),
          command_of(Funct::LoopConvWsConfig3),
          command_of(Funct::LoopConvWsConfig4),
          command_of(Funct::LoopConvWsConfig5, loop.weights, loop.output),
          command_of(Funct::LoopConvWsConfig6, loop.bias, loop.input)};
}

Configuration configuration_v07(const arch::ConvLoop& loop) {
  Configuration c = empty_configuration(loop);
  put(c[0], field::LoopConvWsConfig1_batch, loop.batch);
  put(c[0], field::LoopConvWsConfig1_in_dim, loop.in_cols);
  put(c[0], field::LoopConvWsConfig1_in_channels, loop.in_stride);
  put(c[0], field::LoopConvWsConfig1_out_channels, loop.out_stride);
  put(c[0], field::LoopConvWsConfig1_out_dim, loop.out_cols_dim);
  put(c[0], field::LoopConvWsConfig1_pool_out_dim, loop.pool_out_cols);
  put(c[0], field::LoopConvWsConfig1_stride, loop.stride);
  put(c[0], field::LoopConvWsConfig1_padding, loop.padding);
  put(c[1], field::LoopConvWsConfig2_pool_padding, loop.pool_padding);
  put(c[1], field::LoopConvWsConfig2_pool_stride, loop.pool_stride);
  put(c[1], field::LoopConvWsConfig2_pool_size, loop.pool_size);
  put(c[1], field::LoopConvWsConfig2_kernel_dim, loop.kernel_dim);
  put(c[1], field::LoopConvWsConfig2_pooled_channels, loop.pooled_channels);
  put(c[1], field::LoopConvWsConfig2_pooled_cols, loop.pooled_cols);
  put(c[1], field::LoopConvWsConfig2_pooled_rows, loop.pooled_rows);
  put(c[1], field::LoopConvWsConfig2_batches, loop.batches);
  put(c[2], field::LoopConvWsConfig3_left_pad, loop.left_pad);
  put(c[2], field::LoopConvWsConfig3_kernel_channels, loop.kernel_channels);
  put(c[2], field::LoopConvWsConfig3_kernel_cols, loop.kernel_cols);
  put(c[2], field::LoopConvWsConfig3_kernel_rows, loop.kernel_rows);
  put(c[2], field::LoopConvWsConfig3_pool_left_pad, loop.pool_left_pad);
  put(c[2], field::LoopConvWsConfig3_lower_pad, loop.lower_pad);
  put(c[2], field::LoopConvWsConfig3_upper_pad, loop.upper_pad);
  put(c[2], field::LoopConvWsConfig3_right_pad, loop.right_pad);
  put(c[3], field::LoopConvWsConfig4_pool_upper_pad, loop.pool_upper_pad);
  put(c[3], field::LoopConvWsConfig4_out_rows, loop.out_rows);
  put(c[3], field::LoopConvWsConfig4_out_cols, loop.out_cols);
  put(c[3], field::LoopConvWsConfig4_kernel_dilation, loop.kernel_dilation);
  return c;
}

Configuration configuration_2025(const arch::ConvLoop& loop) {
  Configuration c = empty_configuration(loop);
  put(c[0], field::LoopConvWsConfig1_2025_batch, loop.batch);
  put(c[0], field::LoopConvWsConfig1_2025_in_row_dim, loop.in_rows);
  put(c[0], field::LoopConvWsConfig1_2025_in_channels, loop.in_channels);
  put(c[0], field::LoopConvWsConfig1_2025_out_channels, loop.out_channels);
  put(c[0], field::LoopConvWsConfig1_2025_out_row_dim, loop.out_rows_dim);
  put(c[0], field::LoopConvWsConfig1_2025_out_col_dim, loop.out_cols_dim);
  put(c[0], field::LoopConvWsConfig1_2025_pool_out_row_dim, loop.pool_out_rows);
  put(c[0], field::LoopConvWsConfig1_2025_stride, loop.stride);
  put(c[0], field::LoopConvWsConfig1_2025_padding, loop.padding);
  put(c[1], field::LoopConvWsConfig2_2025_pool_padding, loop.pool_padding);
  put(c[1], field::LoopConvWsConfig2_2025_pool_stride, loop.pool_stride);
  put(c[1], field::LoopConvWsConfig2_2025_pool_size, loop.pool_size);
  put(c[1], field::LoopConvWsConfig2_2025_pool_out_col_dim, loop.pool_out_cols);
  put(c[1], field::LoopConvWsConfig2_2025_kernel_dim, loop.kernel_dim);
  put(c[1], field::LoopConvWsConfig2_2025_pooled_channels, loop.pooled_channels);
  put(c[1], field::LoopConvWsConfig2_2025_pooled_cols, loop.pooled_cols);
  put(c[1], field::LoopConvWsConfig2_2025_pooled_rows, loop.pooled_rows);
  put(c[1], field::LoopConvWsConfig2_2025_batches, loop.batches);
  put(c[2], field::LoopConvWsConfig3_2025_left_pad, loop.left_pad);
  put(c[2], field::LoopConvWsConfig3_2025_kernel_channels, loop.kernel_channels);
  put(c[2], field::LoopConvWsConfig3_2025_kernel_cols, loop.kernel_cols);
  put(c[2], field::LoopConvWsConfig3_2025_kernel_rows, loop.kernel_rows);
  put(c[2], field::LoopConvWsConfig3_2025_in_col_dim, loop.in_cols);
  put(c[2], field::LoopConvWsConfig3_2025_pool_left_pad, loop.pool_left_pad);
  put(c[2], field::LoopConvWsConfig3_2025_lower_pad, loop.lower_pad);
  put(c[2], field::LoopConvWsConfig3_2025_upper_pad, loop.upper_pad);
  put(c[2], field::LoopConvWsConfig3_2025_right_pad, loop.right_pad);
  put(c[3], field::LoopConvWsConfig4_2025_kernel_dilation, loop.kernel_dilation);
  put(c[3], field::LoopConvWsConfig4_2025_pool_upper_pad, loop.pool_upper_pad);
  put(c[3], field::LoopConvWsConfig4_2025_out_rows, loop.out_rows);
  put(c[3], field::LoopConvWsConfig4_2025_out_cols, loop.out_cols);
  put(c[3], field::LoopConvWsConfig4_2025_out_stride, loop.out_stride);
  put(c[3], field::LoopConvWsConfig4_2025_weight_stride, loop.weight_stride);
  put(c[3], field::LoopConvWsConfig4_2025_in_stride, loop.in_stride);
  return c;
}

// The fields that we use lie in the same places in both versions of the instruction set.
Command run_of(const arch::ConvLoop& loop) {
  static_assert(field::LoopConvWs_no_bias.lsb == field::LoopConvWs2025_no_bias.lsb &&
                field::LoopConvWs_transpose_weights_1203.lsb == field::LoopConvWs2025_transpose_weights_1203.lsb &&
                field::LoopConvWs_max_pixels_per_row.lsb == field::LoopConvWs2025_max_pixels_per_row.lsb &&
                field::LoopConvWs_no_pool.lsb == field::LoopConvWs2025_no_pool.lsb &&
                field::LoopConvWs_activation.lsb == field::LoopConvWs2025_activation.lsb);
  Command run = command_of(Funct::LoopConvWs);
  put(run, field::LoopConvWs_no_bias, loop.no_bias);
  put(run, field::LoopConvWs_transpose_weights_1203, loop.transpose_weights_1203);
  put(run, field::LoopConvWs_max_pixels_per_row, loop.max_pixels_per_row);
  put(run, field::LoopConvWs_no_pool, loop.no_pool);
  put(run, field::LoopConvWs_activation, loop.activation);
  return run;
}

}  // namespace

void Emitter::emit(const ConvLoopRun& run) {
  configure_execute(run.execute);
  configure_store(run.store);
  for (const ConvLoopOp& op : run.loops) {
    arch::Tile tile = op.tile;
    tile.layer = layer_;
    for (std::size_t i = 0; i < commands_.size(); ++i) tile.commands[i].first = commands_[i];
    loop(op);
    for (std::size_t i = 0; i < commands_.size(); ++i) tile.commands[i].end = commands_[i];
    tiles_.push_back(tile);
  }
  load_.fill(std::nullopt);  // loops configure their loads themselves
}

void Emitter::loop(const ConvLoopOp& op) {
  const arch::ConvLoop registers = registers_of(op, [this](const BufferRef& ref) { return memory_.address_of(ref); });
  const Configuration wanted = machine_.config.isa_version == arch::IsaVersion::Gemmini2025
                                   ? configuration_2025(registers)
                                   : configuration_v07(registers);
  std::array<std::optional<Command>, 6>& held = conv_registers_[conv_slot_];
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (held[i] && *held[i] == wanted[i]) continue;
    held[i] = wanted[i];
    loop_command(wanted[i]);
  }
  loop_command(run_of(registers));
  conv_slot_ ^= 1u;
}

}  // namespace gemel::compiler
