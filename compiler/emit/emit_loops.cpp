// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/emitter.h"
#include "compiler/schedule/command_class.h"
#include "sim/arch/isa.h"

namespace gemel::compiler {
namespace {

using arch::Command;
using arch::Funct;
namespace field = arch::field;

Command command_of(Funct funct, std::uint64_t rs1 = 0, std::uint64_t rs2 = 0) {
  return {static_cast<std::uint8_t>(funct), rs1, rs2};
}

// Functs 9 to 13.
std::array<Command, 5> configuration_of(const arch::MatmulLoop& loop) {
  Command bounds = command_of(Funct::LoopWsBounds);
  field::LoopWsBounds_i.set(bounds, loop.i);
  field::LoopWsBounds_j.set(bounds, loop.j);
  field::LoopWsBounds_k.set(bounds, loop.k);
  field::LoopWsBounds_pad_i.set(bounds, loop.pad_i);
  field::LoopWsBounds_pad_j.set(bounds, loop.pad_j);
  field::LoopWsBounds_pad_k.set(bounds, loop.pad_k);
  return {bounds, command_of(Funct::LoopWsAddressesAB, loop.a, loop.b),
          command_of(Funct::LoopWsAddressesDC, loop.d, loop.c),
          command_of(Funct::LoopWsStridesAB, loop.a_stride, loop.b_stride),
          command_of(Funct::LoopWsStridesDC, loop.d_stride, loop.c_stride)};
}

// The fields that we use lie in the same places in both versions of the instruction set.
Command run_of(const arch::MatmulLoop& loop) {
  static_assert(field::LoopWs_b_transpose.lsb == field::LoopWs2025_b_transpose.lsb &&
                field::LoopWs_activation.lsb == field::LoopWs2025_activation.lsb &&
                field::LoopWs_full_c.lsb == field::LoopWs2025_full_c.lsb);
  Command run = command_of(Funct::LoopWs);
  field::LoopWs_accumulate.set(run, loop.accumulate);
  field::LoopWs_full_c.set(run, loop.full_c);
  field::LoopWs_activation.set(run, loop.activation);
  field::LoopWs_b_transpose.set(run, loop.b_transpose);
  return run;
}

}  // namespace

void Emitter::emit(const LoopRun& run) {
  configure_execute(run.execute);
  for (const arch::ConfigLoad& config : run.loads) configure_load(config);
  configure_store(run.store);
  for (const LoopOp& op : run.loops) {
    arch::Tile tile = op.tile;
    tile.layer = layer_;
    for (std::size_t i = 0; i < commands_.size(); ++i) tile.commands[i].first = commands_[i];
    loop(run, op);
    for (std::size_t i = 0; i < commands_.size(); ++i) tile.commands[i].end = commands_[i];
    tiles_.push_back(tile);
  }
}

void Emitter::loop(const LoopRun& run, const LoopOp& op) {
  const arch::MatmulLoop registers =
      registers_of(run, op, [this](const BufferRef& ref) { return memory_.address_of(ref); });
  const std::array<Command, 5> wanted = configuration_of(registers);
  std::array<std::optional<Command>, 5>& held = loop_registers_[loop_slot_];
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (held[i] && *held[i] == wanted[i]) continue;
    held[i] = wanted[i];
    loop_command(wanted[i]);
  }
  loop_command(run_of(registers));
  loop_slot_ ^= 1u;
}

void Emitter::loop_command(const Command& command) {
  offer(command);
  expander_.command(command, [this](const Command& plain) {
    const CommandClass c = class_of(plain);
    const Stream stream = c == CommandClass::Load    ? Stream::Load
                          : c == CommandClass::Store ? Stream::Store
                                                     : Stream::Compute;
    ++commands_[static_cast<std::size_t>(stream)];
  });
}

}  // namespace gemel::compiler
