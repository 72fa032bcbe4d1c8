// SPDX-License-Identifier: Apache-2.0
#pragma once
// The instruction set as types. Everything here is built from isa.def: `field::` knows where each field is,
// decode_*() and encode_*() turn the plain instructions into structs and back without branches or tables, and
// instruction_table() lists all of it for text, documentation and generated code.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/arch/local_address.h"
#include "sim/arch/numerics.h"

namespace gemel::arch {

enum class Operand : std::uint8_t { Rs1, Rs2 };
enum class FieldFormat : std::uint8_t { Number, Hex, Scale, Local };
enum class InstructionVersions : std::uint8_t { Both, V07, V2025 };

// A field of rs1 or rs2.
struct FieldPlace {
  Operand operand;
  unsigned lsb;
  unsigned width;

  constexpr std::uint64_t mask() const { return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1; }
  constexpr std::uint64_t get(std::uint64_t rs1, std::uint64_t rs2) const {
    return ((operand == Operand::Rs1 ? rs1 : rs2) >> lsb) & mask();
  }
  constexpr std::uint32_t get32(std::uint64_t rs1, std::uint64_t rs2) const {
    return static_cast<std::uint32_t>(get(rs1, rs2));
  }
  // Replaces the field; bits of `value` that do not fit are dropped.
  constexpr void set(Command& command, std::uint64_t value) const {
    std::uint64_t& word = operand == Operand::Rs1 ? command.rs1 : command.rs2;
    word = (word & ~(mask() << lsb)) | ((value & mask()) << lsb);
  }
};

inline constexpr int kNoSubtype = -1;

enum class Instruction : std::uint8_t {
#define INSTRUCTION(name, funct, subtype, version, mnemonic, meaning) name,
#define FIELD(instruction, operand, name, lsb, width, format, meaning)
#include "sim/arch/isa.def"
#undef INSTRUCTION
#undef FIELD
};

// field::Mvin_rows and so on: INSTRUCTION_FIELD of isa.def.
namespace field {
#define INSTRUCTION(name, funct, subtype, version, mnemonic, meaning)
#define FIELD(instruction, operand, name, lsb, width, format, meaning) \
  inline constexpr FieldPlace instruction##_##name{Operand::operand, lsb, width};
#include "sim/arch/isa.def"
#undef INSTRUCTION
#undef FIELD
}  // namespace field

struct FieldInfo {
  const char* name;
  FieldPlace place;
  FieldFormat format;
  const char* meaning;
};

struct InstructionInfo {
  Instruction instruction;
  const char* name;
  Funct funct;
  int subtype;  // value of rs1[1:0], or kNoSubtype
  InstructionVersions versions;
  const char* mnemonic;
  const char* meaning;
  std::vector<FieldInfo> fields;

  bool exists_in(IsaVersion version) const {
    return versions == InstructionVersions::Both ||
           (versions == InstructionVersions::V07) == (version == IsaVersion::GemminiV07);
  }
};

// All of isa.def, in its order.
const std::vector<InstructionInfo>& instruction_table();

// The instruction that a command is, or nullptr where the machine has none.
const InstructionInfo* find_instruction(const Command& command, IsaVersion version);
const InstructionInfo* find_instruction(const std::string& mnemonic, IsaVersion version);

// ---- Plain instructions, decoded ------------------------------------------------------------------------------

// Rows of `cols` elements in local memory.
struct LocalBlock {
  LocalAddress address;
  std::uint16_t cols = 0;
  std::uint16_t rows = 0;
};

struct ConfigExecute {
  Dataflow dataflow = Dataflow::OutputStationary;
  Activation activation = Activation::None;
  bool set_only_strides = false;
  bool a_transpose = false;
  bool b_transpose = false;
  std::uint16_t a_stride = 0;
  std::uint16_t c_stride = 0;
  std::uint8_t shift = 0;  // 0..31
};

struct ConfigLoad {
  std::uint8_t state = 0;  // 0..2 (3 does not exist)
  bool shrink = false;
  std::uint8_t pixel_repeats = 1;  // 0 in the command means 1
  std::uint16_t block_stride = 0;
  float scale = 1.0f;
  std::uint64_t dram_stride = 0;
};

struct ConfigStore {
  std::uint8_t activation = 0;  // 0 none, 1 ReLU; with normalisations also 2 layernorm, 3 igelu
  std::uint8_t pool_stride = 0;
  std::uint8_t pool_size = 0;
  std::uint8_t upper_pad = 0;
  std::uint8_t left_pad = 0;
  std::uint8_t pool_out_dim = 0;
  std::uint8_t pooled_rows = 0;
  std::uint8_t pooled_cols = 0;
  std::uint8_t out_rows = 0;
  std::uint8_t out_cols = 0;
  std::uint32_t dram_stride = 0;
  std::uint32_t scale_bits = 0;  // all ones: keep the old scale

  static constexpr std::uint32_t kKeepScale = 0xFFFFFFFFu;
  bool keeps_scale() const { return scale_bits == kKeepScale; }
  float scale() const { return float_from_bits(scale_bits); }
};

struct ConfigNormalise {
  std::uint8_t stats_id = 0;
  bool activation_msb = false;
  bool set_stats_id_only = false;
  bool is_inverse_ln2 = false;  // what q_const is
  std::int32_t q_const = 0;
  std::int32_t qb = 0;
  std::int32_t qc = 0;
};

struct Mvin {
  std::uint8_t state = 0;  // 0 mvin, 1 mvin2, 2 mvin3
  std::uint64_t dram_address = 0;
  LocalBlock local;
};

struct Mvout {
  std::uint64_t dram_address = 0;
  LocalBlock local;
};

struct Preload {
  LocalBlock bd;  // B (weight stationary) or D (output stationary)
  LocalBlock c;
};

struct Compute {
  bool preloaded = false;
  LocalBlock a;
  LocalBlock bd;  // D (weight stationary) or B (output stationary)
};

struct Flush {
  bool skip = false;
};

struct CounterAccess {
  bool reset = false;
  bool drop_snapshot = false;
  bool take_snapshot = false;
  bool configure = false;
  std::uint8_t counter = 0;
  std::uint8_t event = 0;
  bool external = false;
};

inline ConfigKind config_kind(std::uint64_t rs1) { return static_cast<ConfigKind>(rs1 & 3); }

// rs1 or rs2 of a command that names a block of local memory: address, columns, rows.
inline LocalBlock decode_local_block(std::uint64_t word) {
  return {LocalAddress(static_cast<std::uint32_t>(word)), static_cast<std::uint16_t>(word >> 32),
          static_cast<std::uint16_t>(word >> 48)};
}
inline std::uint64_t encode_local_block(const LocalBlock& block) {
  return block.address.bits() | std::uint64_t{block.cols} << 32 | std::uint64_t{block.rows} << 48;
}

inline ConfigExecute decode_config_execute(std::uint64_t rs1, std::uint64_t rs2) {
  ConfigExecute c;
  c.dataflow = field::ConfigExecute_dataflow.get(rs1, rs2) ? Dataflow::WeightStationary : Dataflow::OutputStationary;
  c.activation = field::ConfigExecute_activation.get(rs1, rs2) == 1 ? Activation::Relu : Activation::None;
  c.set_only_strides = field::ConfigExecute_set_only_strides.get(rs1, rs2) != 0;
  c.a_transpose = field::ConfigExecute_a_transpose.get(rs1, rs2) != 0;
  c.b_transpose = field::ConfigExecute_b_transpose.get(rs1, rs2) != 0;
  c.a_stride = static_cast<std::uint16_t>(field::ConfigExecute_a_stride.get(rs1, rs2));
  c.c_stride = static_cast<std::uint16_t>(field::ConfigExecute_c_stride.get(rs1, rs2));
  c.shift = static_cast<std::uint8_t>(field::ConfigExecute_shift.get(rs1, rs2) & 31);
  return c;
}

inline ConfigLoad decode_config_load(std::uint64_t rs1, std::uint64_t rs2) {
  ConfigLoad c;
  c.state = static_cast<std::uint8_t>(field::ConfigLoad_state.get(rs1, rs2));
  c.shrink = field::ConfigLoad_shrink.get(rs1, rs2) != 0;
  c.pixel_repeats = static_cast<std::uint8_t>(field::ConfigLoad_pixel_repeats.get(rs1, rs2));
  if (c.pixel_repeats == 0) c.pixel_repeats = 1;
  c.block_stride = static_cast<std::uint16_t>(field::ConfigLoad_block_stride.get(rs1, rs2));
  c.scale = float_from_bits(field::ConfigLoad_scale.get32(rs1, rs2));
  c.dram_stride = field::ConfigLoad_dram_stride.get(rs1, rs2);
  return c;
}

inline ConfigStore decode_config_store(std::uint64_t rs1, std::uint64_t rs2) {
  const auto byte = [&](const FieldPlace& place) { return static_cast<std::uint8_t>(place.get(rs1, rs2)); };
  ConfigStore c;
  c.activation = byte(field::ConfigStore_activation);
  c.pool_stride = byte(field::ConfigStore_pool_stride);
  c.pool_size = byte(field::ConfigStore_pool_size);
  c.upper_pad = byte(field::ConfigStore_upper_pad);
  c.left_pad = byte(field::ConfigStore_left_pad);
  c.pool_out_dim = byte(field::ConfigStore_pool_out_dim);
  c.pooled_rows = byte(field::ConfigStore_pooled_rows);
  c.pooled_cols = byte(field::ConfigStore_pooled_cols);
  c.out_rows = byte(field::ConfigStore_out_rows);
  c.out_cols = byte(field::ConfigStore_out_cols);
  c.dram_stride = field::ConfigStore_dram_stride.get32(rs1, rs2);
  c.scale_bits = field::ConfigStore_acc_scale.get32(rs1, rs2);
  return c;
}

// The store configuration that `next` leaves behind `before`. Without pooling the window's geometry stays, but for what
// a one-dimensional mvout uses.
inline ConfigStore configured_behind(const ConfigStore& before, ConfigStore next) {
  if (next.keeps_scale()) next.scale_bits = before.scale_bits;
  if (next.pool_stride != 0) return next;
  next.upper_pad = before.upper_pad;
  next.left_pad = before.left_pad;
  next.pooled_rows = before.pooled_rows;
  next.pooled_cols = before.pooled_cols;
  if (next.pool_size != 0) return next;
  next.out_rows = before.out_rows;
  next.out_cols = before.out_cols;
  next.pool_out_dim = before.pool_out_dim;
  return next;
}

inline ConfigNormalise decode_config_normalise(std::uint64_t rs1, std::uint64_t rs2) {
  ConfigNormalise c;
  c.stats_id = static_cast<std::uint8_t>(field::ConfigNormalise_stats_id.get(rs1, rs2));
  c.activation_msb = field::ConfigNormalise_activation_msb.get(rs1, rs2) != 0;
  c.set_stats_id_only = field::ConfigNormalise_set_stats_id_only.get(rs1, rs2) != 0;
  c.is_inverse_ln2 = field::ConfigNormalise_q_const_type.get(rs1, rs2) != 0;
  c.q_const = static_cast<std::int32_t>(field::ConfigNormalise_q_const.get32(rs1, rs2));
  c.qb = static_cast<std::int32_t>(field::ConfigNormalise_qb.get32(rs1, rs2));
  c.qc = static_cast<std::int32_t>(field::ConfigNormalise_qc.get32(rs1, rs2));
  return c;
}

inline bool is_mvin(Funct funct) { return funct == Funct::Mvin || funct == Funct::Mvin2 || funct == Funct::Mvin3; }
inline bool is_compute(Funct funct) { return funct == Funct::ComputePreloaded || funct == Funct::ComputeAccumulated; }

// Load state of an mvin command (funct 2, 1, 14).
inline std::uint8_t mvin_state(Funct funct) { return funct == Funct::Mvin3 ? 2 : funct == Funct::Mvin2 ? 1 : 0; }

inline Mvin decode_mvin(const Command& command) {
  return {mvin_state(static_cast<Funct>(command.funct)), command.rs1, decode_local_block(command.rs2)};
}
inline Mvout decode_mvout(std::uint64_t rs1, std::uint64_t rs2) { return {rs1, decode_local_block(rs2)}; }
inline Preload decode_preload(std::uint64_t rs1, std::uint64_t rs2) {
  return {decode_local_block(rs1), decode_local_block(rs2)};
}
inline Compute decode_compute(const Command& command) {
  return {static_cast<Funct>(command.funct) == Funct::ComputePreloaded, decode_local_block(command.rs1),
          decode_local_block(command.rs2)};
}
inline Flush decode_flush(std::uint64_t rs1) { return {field::Flush_skip.get(rs1, 0) != 0}; }
inline CounterAccess decode_counter(std::uint64_t rs1) {
  CounterAccess c;
  c.reset = field::Counter_reset.get(rs1, 0) != 0;
  c.drop_snapshot = field::Counter_drop_snapshot.get(rs1, 0) != 0;
  c.take_snapshot = field::Counter_take_snapshot.get(rs1, 0) != 0;
  c.configure = field::Counter_configure.get(rs1, 0) != 0;
  c.counter = static_cast<std::uint8_t>(field::Counter_counter.get(rs1, 0));
  c.event = static_cast<std::uint8_t>(field::Counter_event.get(rs1, 0));
  c.external = field::Counter_external.get(rs1, 0) != 0;
  return c;
}

// ---- Encoders: decode_x(encode_x(v)) gives v back ---------------------------------------------------------------

Command encode_config_execute(const ConfigExecute& config);
Command encode_config_load(const ConfigLoad& config);
Command encode_config_store(const ConfigStore& config);
Command encode_config_normalise(const ConfigNormalise& config);
Command encode_flush(const Flush& flush);
Command encode_counter(const CounterAccess& access);

inline Command encode_mvin(const Mvin& mvin) {
  const Funct funct = mvin.state == 0 ? Funct::Mvin : mvin.state == 1 ? Funct::Mvin2 : Funct::Mvin3;
  return {static_cast<std::uint8_t>(funct), mvin.dram_address, encode_local_block(mvin.local)};
}
inline Command encode_mvout(const Mvout& mvout) {
  return {static_cast<std::uint8_t>(Funct::Mvout), mvout.dram_address, encode_local_block(mvout.local)};
}
inline Command encode_preload(const Preload& preload) {
  return {static_cast<std::uint8_t>(Funct::Preload), encode_local_block(preload.bd), encode_local_block(preload.c)};
}
inline Command encode_compute(const Compute& compute) {
  return {static_cast<std::uint8_t>(compute.preloaded ? Funct::ComputePreloaded : Funct::ComputeAccumulated),
          encode_local_block(compute.a), encode_local_block(compute.bd)};
}

}  // namespace gemel::arch
