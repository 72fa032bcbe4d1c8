// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/loop_conv_schedule.h"

#include <sstream>
#include <stdexcept>

#include "sim/arch/loop_check.h"

namespace gemel::compiler {
namespace {

BufferRef shifted(BufferRef ref, std::int64_t bytes) {
  ref.offset += bytes;
  return ref;
}

std::int64_t place_in(const ImageRef& image, std::int32_t number, std::int32_t y, std::int32_t x) {
  return number * image.image_stride + y * image.y_stride + x * image.x_stride;
}

std::string place_text(const BufferRef& ref) {
  return "buffer" + std::to_string(ref.buffer) + "+" + std::to_string(ref.offset);
}

}  // namespace

ConvLoopRun schedule_conv_loops(const Contraction& work, const Machine& machine, const ConvLoopPlan& plan) {
  ConvLoopRun run;
  run.execute.dataflow = arch::Dataflow::WeightStationary;
  run.execute.a_stride = static_cast<std::uint16_t>(work.out_w > 1 ? work.stride_x : work.stride_y);
  run.execute.c_stride = 1;
  run.store.activation = static_cast<std::uint8_t>(work.activation);
  run.store.dram_stride = static_cast<std::uint32_t>(work.output.x_stride);
  run.store.scale_bits = arch::bits_from_float(work.scale.value());
  run.weights = work.weights;
  run.order = conv_weight_order(work, machine).value();
  for_each_conv_tile(work, machine, plan, [&](const ConvTile& tile) {
    const ConvTileRegisters registers = conv_tile_registers(work, machine, tile);
    const std::int32_t lane = work.diagonal ? tile.first_output : tile.first_lane;
    ConvLoopOp op;
    op.registers = registers.loop;
    op.input = shifted(work.input.base, place_in(work.input, tile.image, registers.input_y, registers.input_x) + lane);
    op.weights =
        shifted(work.weights, run.order.row(tile.first_row, 0, tile.first_lane) * run.order.pitch + tile.first_output);
    op.starts = tile.is_first;
    if (tile.is_first && work.bias) op.bias = shifted(*work.bias, std::int64_t{tile.first_output} * 4);
    if (tile.is_last) {
      op.output = shifted(work.output.base, place_in(work.output, tile.image, tile.y, tile.x) + tile.first_output);
    }
    op.tile.image = tile.image;
    op.tile.y = tile.y;
    op.tile.x = tile.x;
    op.tile.height = tile.h;
    op.tile.width = tile.w;
    op.tile.first_output = tile.first_output;
    op.tile.outputs = tile.outputs;
    run.loops.push_back(op);
  });
  return run;
}

std::string describe_loops(const ConvLoopRun& run, std::size_t most_lines) {
  std::ostringstream out;
  out << "  " << run.loops.size() << " convolution loop" << (run.loops.size() == 1 ? "" : "s") << "\n";
  std::size_t lines = 0;
  for (const ConvLoopOp& op : run.loops) {
    if (lines++ == most_lines) {
      out << "  ... " << run.loops.size() - most_lines << " more\n";
      break;
    }
    const arch::ConvLoop& r = op.registers;
    out << "  loop    " << (op.output ? place_text(*op.output) : std::string("sums")) << (op.starts ? " = " : " += ")
        << place_text(op.input) << " * " << place_text(op.weights);
    if (op.bias) out << " + " << place_text(*op.bias);
    out << " " << r.out_rows << "x" << r.out_cols << " positions, " << r.pooled_channels << " outputs, "
        << r.kernel_rows << "x" << r.kernel_cols << " taps of " << r.kernel_channels << " lanes";
    if (r.upper_pad + r.lower_pad + r.left_pad + r.right_pad > 0) {
      out << ", padding " << r.upper_pad << " " << r.left_pad << " " << r.lower_pad << " " << r.right_pad;
    }
    if (!r.no_pool) out << ", pooled to " << r.pooled_rows << "x" << r.pooled_cols;
    out << "\n";
  }
  return out.str();
}

void verify_loops(const ConvLoopRun& run, const Machine& machine) {
  bool open = false;  // sums that no loop has stored yet
  for (const ConvLoopOp& op : run.loops) {
    const arch::ConvLoop loop =
        registers_of(op, [](const BufferRef& ref) { return static_cast<std::uint64_t>(ref.offset) + 1; });
    const std::string why = arch::why_illegal(loop, machine.derived);
    if (!why.empty()) throw std::logic_error("convolution loops: " + why);
    if (op.starts == open)
      throw std::logic_error("convolution loops: a loop does not go on where the one before stopped");
    open = !op.output;
  }
  if (open) throw std::logic_error("convolution loops: sums are never stored");
}

}  // namespace gemel::compiler
