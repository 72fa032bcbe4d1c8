// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <stdexcept>

#include "compiler/schedule/operation.h"

namespace gemel::compiler {
namespace {

std::string local_text(std::uint32_t bits) {
  const arch::LocalAddress local(bits);
  std::string text = local.is_accumulator() ? "acc[" : "spad[";
  text += std::to_string(bits & 0x1FFFFFFFu) + "]";
  if (local.is_accumulator() && local.accumulates()) text += "+";
  if (local.is_accumulator() && local.is_full_width()) text += "full";
  return text;
}

std::string buffer_text(const BufferRef& ref) {
  if (ref.buffer == kNoBuffer) return "zero";
  return "buffer" + std::to_string(ref.buffer) + "+" + std::to_string(ref.offset);
}

}  // namespace

std::string describe_schedule(const Schedule& schedule, std::size_t most_lines) {
  std::ostringstream out;
  out << "  " << schedule.loads.size() << " loads, " << schedule.computes.size() << " computes, "
      << schedule.stores.size() << " stores; about " << schedule.predicted_cycles << " cycles\n";
  std::size_t load = 0, compute = 0, store = 0, lines = 0;
  for (const Stream stream : schedule.order) {
    if (lines++ == most_lines) {
      out << "  ... " << schedule.order.size() - most_lines << " more\n";
      break;
    }
    if (stream == Stream::Load) {
      const LoadOp& op = schedule.loads[load++];
      const arch::ConfigLoad& config = schedule.load_configs[op.config];
      out << "  load    " << local_text(op.local) << " <- " << buffer_text(op.source) << " " << op.rows << "x"
          << op.cols << " stride " << config.dram_stride << " block " << config.block_stride << "\n";
    } else if (stream == Stream::Compute) {
      const ComputeOp& op = schedule.computes[compute++];
      out << "  compute " << local_text(op.c) << " = " << local_text(op.a) << " x "
          << (op.new_weights ? local_text(op.b) : "same") << " " << int{op.rows} << "x" << int{op.lanes} << "x"
          << int{op.outputs} << "\n";
    } else {
      const StoreOp& op = schedule.stores[store++];
      out << "  store   " << buffer_text(op.target) << " <- " << local_text(op.local) << " " << op.rows << "x"
          << op.cols << " stride " << schedule.store_configs[op.config].dram_stride << "\n";
    }
  }
  return out.str();
}

void verify_schedule(const Schedule& schedule, const Machine& machine) {
  const auto fail = [](const std::string& what) { throw std::logic_error("schedule: " + what); };
  std::size_t load = 0, compute = 0, store = 0;
  for (const Stream stream : schedule.order) {
    if (stream == Stream::Load) {
      if (load == schedule.loads.size()) fail("more loads offered than there are");
      const LoadOp& op = schedule.loads[load++];
      if (op.after_compute > compute || op.after_store > store)
        fail("a load overtakes a use of the rows that it replaces");
      if (op.rows == 0 || op.cols == 0 || op.rows > machine.dim()) fail("a load of no or too many rows");
      if (schedule.load_configs.at(op.config).block_stride < op.rows) fail("the blocks of a load overlap");
    } else if (stream == Stream::Compute) {
      if (compute == schedule.computes.size()) fail("more computes offered than there are");
      const ComputeOp& op = schedule.computes[compute++];
      if (op.after_load > load || op.after_store > store) fail("a compute overtakes one of its operands");
      if (op.rows == 0 || op.rows > machine.dim()) fail("a compute of no or too many rows");
    } else {
      if (store == schedule.stores.size()) fail("more stores offered than there are");
      const StoreOp& op = schedule.stores[store++];
      if (op.after_load > load || op.after_compute > compute) fail("a store overtakes its results");
      if (op.rows == 0 || op.rows > machine.dim()) fail("a store of no or too many rows");
    }
  }
  if (load != schedule.loads.size() || compute != schedule.computes.size() || store != schedule.stores.size()) {
    fail("not every operation is offered");
  }
}

}  // namespace gemel::compiler
