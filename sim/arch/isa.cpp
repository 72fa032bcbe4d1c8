// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/isa.h"

namespace gemel::arch {

namespace {

std::vector<InstructionInfo> make_table() {
  std::vector<InstructionInfo> table;
#define INSTRUCTION(name, funct, subtype, version, mnemonic, meaning) \
  table.push_back(                                                    \
      {Instruction::name, #name, Funct::funct, subtype, InstructionVersions::version, mnemonic, meaning, {}});
#define FIELD(instruction, operand, name, lsb, width, format, meaning) \
  table.back().fields.push_back({#name, field::instruction##_##name, FieldFormat::format, meaning});
#include "sim/arch/isa.def"
#undef INSTRUCTION
#undef FIELD
  return table;
}

Command config_command(ConfigKind kind) {
  return {static_cast<std::uint8_t>(Funct::Config), static_cast<std::uint64_t>(kind), 0};
}

}  // namespace

const std::vector<InstructionInfo>& instruction_table() {
  static const std::vector<InstructionInfo> table = make_table();
  return table;
}

const InstructionInfo* find_instruction(const Command& command, IsaVersion version) {
  for (const InstructionInfo& info : instruction_table()) {
    if (static_cast<std::uint8_t>(info.funct) == command.funct && info.exists_in(version) &&
        (info.subtype == kNoSubtype || static_cast<std::uint64_t>(info.subtype) == (command.rs1 & 3))) {
      return &info;
    }
  }
  return nullptr;
}

const InstructionInfo* find_instruction(const std::string& mnemonic, IsaVersion version) {
  for (const InstructionInfo& info : instruction_table()) {
    if (info.exists_in(version) && mnemonic == info.mnemonic) return &info;
  }
  return nullptr;
}

Command encode_config_execute(const ConfigExecute& c) {
  Command command = config_command(ConfigKind::Execute);
  field::ConfigExecute_dataflow.set(command, c.dataflow == Dataflow::WeightStationary);
  field::ConfigExecute_activation.set(command, static_cast<std::uint64_t>(c.activation));
  field::ConfigExecute_set_only_strides.set(command, c.set_only_strides);
  field::ConfigExecute_a_transpose.set(command, c.a_transpose);
  field::ConfigExecute_b_transpose.set(command, c.b_transpose);
  field::ConfigExecute_a_stride.set(command, c.a_stride);
  field::ConfigExecute_c_stride.set(command, c.c_stride);
  field::ConfigExecute_shift.set(command, c.shift);
  return command;
}

Command encode_config_load(const ConfigLoad& c) {
  Command command = config_command(ConfigKind::Load);
  field::ConfigLoad_state.set(command, c.state);
  field::ConfigLoad_shrink.set(command, c.shrink);
  field::ConfigLoad_pixel_repeats.set(command, c.pixel_repeats);
  field::ConfigLoad_block_stride.set(command, c.block_stride);
  field::ConfigLoad_scale.set(command, bits_from_float(c.scale));
  field::ConfigLoad_dram_stride.set(command, c.dram_stride);
  return command;
}

Command encode_config_store(const ConfigStore& c) {
  Command command = config_command(ConfigKind::Store);
  field::ConfigStore_activation.set(command, c.activation);
  field::ConfigStore_pool_stride.set(command, c.pool_stride);
  field::ConfigStore_pool_size.set(command, c.pool_size);
  field::ConfigStore_upper_pad.set(command, c.upper_pad);
  field::ConfigStore_left_pad.set(command, c.left_pad);
  field::ConfigStore_pool_out_dim.set(command, c.pool_out_dim);
  field::ConfigStore_pooled_rows.set(command, c.pooled_rows);
  field::ConfigStore_pooled_cols.set(command, c.pooled_cols);
  field::ConfigStore_out_rows.set(command, c.out_rows);
  field::ConfigStore_out_cols.set(command, c.out_cols);
  field::ConfigStore_dram_stride.set(command, c.dram_stride);
  field::ConfigStore_acc_scale.set(command, c.scale_bits);
  return command;
}

Command encode_config_normalise(const ConfigNormalise& c) {
  Command command = config_command(ConfigKind::Normalise);
  field::ConfigNormalise_stats_id.set(command, c.stats_id);
  field::ConfigNormalise_activation_msb.set(command, c.activation_msb);
  field::ConfigNormalise_set_stats_id_only.set(command, c.set_stats_id_only);
  field::ConfigNormalise_q_const_type.set(command, c.is_inverse_ln2);
  field::ConfigNormalise_q_const.set(command, static_cast<std::uint32_t>(c.q_const));
  field::ConfigNormalise_qb.set(command, static_cast<std::uint32_t>(c.qb));
  field::ConfigNormalise_qc.set(command, static_cast<std::uint32_t>(c.qc));
  return command;
}

Command encode_flush(const Flush& flush) {
  Command command{static_cast<std::uint8_t>(Funct::Flush), 0, 0};
  field::Flush_skip.set(command, flush.skip);
  return command;
}

Command encode_counter(const CounterAccess& access) {
  Command command{static_cast<std::uint8_t>(Funct::Counter), 0, 0};
  field::Counter_reset.set(command, access.reset);
  field::Counter_drop_snapshot.set(command, access.drop_snapshot);
  field::Counter_take_snapshot.set(command, access.take_snapshot);
  field::Counter_configure.set(command, access.configure);
  field::Counter_counter.set(command, access.counter);
  field::Counter_event.set(command, access.event);
  field::Counter_external.set(command, access.external);
  return command;
}

}  // namespace gemel::arch
