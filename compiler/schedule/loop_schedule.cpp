// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/loop_schedule.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "compiler/tile/weight_packing.h"
#include "sim/arch/loop_check.h"

namespace gemel::compiler {
namespace {

// Blocks [at, at + blocks) of `total` elements.
struct Span {
  std::int64_t at = 0;
  std::uint16_t blocks = 0, pad = 0;
};

std::vector<Span> spans_of(std::int64_t total, std::int32_t size, std::int64_t dim) {
  std::vector<Span> spans;
  for (std::int64_t at = 0; at < total; at += size * dim) {
    const std::int64_t elements = std::min<std::int64_t>(size * dim, total - at), blocks = (elements + dim - 1) / dim;
    spans.push_back({at, static_cast<std::uint16_t>(blocks), static_cast<std::uint16_t>(blocks * dim - elements)});
  }
  return spans;
}

BufferRef shifted(BufferRef ref, std::int64_t bytes) {
  ref.offset += bytes;
  return ref;
}

std::string place_text(const BufferRef& ref) {
  return "buffer" + std::to_string(ref.buffer) + "+" + std::to_string(ref.offset);
}

}  // namespace

LoopRun schedule_loops(const Contraction& work, const Machine& machine, const LoopPlan& plan) {
  const std::int64_t dim = machine.dim(), result_bytes = work.scale ? 1 : 4;
  const bool transposed = work.weight_layout == WeightLayout::Transposed;
  LoopRun run;
  run.execute.dataflow = arch::Dataflow::WeightStationary;
  run.execute.b_transpose = transposed;
  run.execute.a_stride = run.execute.c_stride = 1;
  run.a_stride = static_cast<std::uint64_t>(work.stride_x * work.input.x_stride);
  run.b_stride = static_cast<std::uint64_t>(
      work.weight_layout == WeightLayout::Packed ? packing_of(work, machine).row_bytes : work.weight_stride);
  run.c_stride = static_cast<std::uint64_t>(work.output.x_stride / result_bytes);
  run.full_c = !work.scale;
  const auto load = [&](std::uint8_t state, std::uint64_t stride) {
    arch::ConfigLoad config;
    config.state = state;
    config.block_stride = static_cast<std::uint16_t>(dim);
    config.dram_stride = stride;
    run.loads.push_back(config);
  };
  load(0, run.a_stride);
  load(1, run.b_stride);
  if (work.bias) load(2, 0);  // one row for all positions
  run.store.activation = static_cast<std::uint8_t>(work.activation);
  run.store.dram_stride = static_cast<std::uint32_t>(work.output.x_stride);
  run.store.scale_bits = arch::bits_from_float(work.scale.value_or(1.0f));

  std::int64_t first = 0;  // position
  for (const PositionRun& positions : position_runs(work)) {
    const auto image = static_cast<std::int32_t>(first / (std::int64_t{work.out_h} * work.out_w));
    const auto y = static_cast<std::int32_t>(first / work.out_w % work.out_h);
    first += positions.rows;
    for (const Span& i : spans_of(positions.rows, plan.i, dim)) {
      for (const Span& j : spans_of(work.outputs, plan.j, dim)) {
        for (const Span& k : spans_of(work.lanes, plan.k, dim)) {
          LoopOp op;
          op.i = i.blocks;
          op.j = j.blocks;
          op.k = k.blocks;
          op.pad_i = i.pad;
          op.pad_j = j.pad;
          op.pad_k = k.pad;
          op.a = shifted(work.input.base, positions.input + i.at * static_cast<std::int64_t>(run.a_stride) + k.at);
          const auto b_stride = static_cast<std::int64_t>(run.b_stride);
          op.b = shifted(work.weights, transposed ? j.at * b_stride + k.at : k.at * b_stride + j.at);
          if (k.at == 0 && work.bias) op.d = shifted(*work.bias, 4 * j.at);
          op.accumulate = k.at > 0 || work.bias;
          if (k.at + k.blocks * dim >= work.lanes) {
            op.c = shifted(work.output.base, positions.output + i.at * work.output.x_stride + j.at * result_bytes);
          }
          op.tile.image = image;
          op.tile.y = y;
          op.tile.x = static_cast<std::int32_t>(i.at);
          op.tile.height = 1;
          op.tile.width = static_cast<std::int32_t>(i.blocks * dim - i.pad);
          op.tile.first_output = static_cast<std::int32_t>(j.at);
          op.tile.outputs = static_cast<std::int32_t>(j.blocks * dim - j.pad);
          run.loops.push_back(op);
        }
      }
    }
  }
  return run;
}

std::string describe_loops(const LoopRun& run, std::size_t most_lines) {
  std::ostringstream out;
  out << "  " << run.loops.size() << " loop" << (run.loops.size() == 1 ? "" : "s") << "\n";
  std::size_t lines = 0;
  for (const LoopOp& op : run.loops) {
    if (lines++ == most_lines) {
      out << "  ... " << run.loops.size() - most_lines << " more\n";
      break;
    }
    out << "  loop    ";
    out << (op.c ? place_text(*op.c) : std::string("sums")) << (op.accumulate ? " += " : " = ") << place_text(op.a)
        << " x " << place_text(op.b);
    if (op.d) out << " + " << place_text(*op.d);
    out << " " << op.i << "x" << op.j << "x" << op.k << " blocks";
    if (op.pad_i + op.pad_j + op.pad_k > 0) out << " less " << op.pad_i << "x" << op.pad_j << "x" << op.pad_k;
    out << "\n";
  }
  return out.str();
}

void verify_loops(const LoopRun& run, const Machine& machine) {
  bool open = false;  // sums that no loop has stored yet
  for (const LoopOp& op : run.loops) {
    const arch::MatmulLoop loop =
        registers_of(run, op, [](const BufferRef& ref) { return static_cast<std::uint64_t>(ref.offset) + 1; });
    const std::string why = arch::why_illegal(loop, machine.config, machine.derived);
    if (!why.empty()) throw std::logic_error("loop schedule: " + why);
    if (op.accumulate != (open || op.d))
      throw std::logic_error("loop schedule: a loop does not go on where the one before stopped");
    open = !op.c;
  }
  if (open) throw std::logic_error("loop schedule: sums are never stored");
}

}  // namespace gemel::compiler
