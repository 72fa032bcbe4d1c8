// SPDX-License-Identifier: Apache-2.0
#pragma once
// LOOP_WS: what one loop is, and the plain commands it stands for, as five streams (docs/microarchitecture.md,
// section 18). A stream is at one position at a time; who asks for its commands, and when, is not known here.
#include <algorithm>
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/arch/local_address.h"

namespace gemel::arch {

// The registers of one slot.
struct MatmulLoop {
  std::uint32_t i = 0, j = 0, k = 0;                                     // blocks
  std::uint32_t pad_i = 0, pad_j = 0, pad_k = 0;                         // elements missing in the last block
  std::uint64_t a = 0, b = 0, d = 0, c = 0;                              // memory; 0: none
  std::uint64_t a_stride = 0, b_stride = 0, d_stride = 0, c_stride = 0;  // elements
  bool accumulate = false, full_c = false, low_d = false;
  std::uint8_t activation = 0;
  bool a_transpose = false, b_transpose = false;
  // gemmini_2025 only
  std::uint8_t a_scratchpad_id = 0, b_scratchpad_id = 0;
  bool residual_add = false;
  bool skip_load_a = false, skip_load_b = false, skip_load_d = false, skip_execute = false, skip_store = false;
  bool increment_accumulator = false, scratchpad_only = false;
  std::uint32_t a_start = 0, b_end = 0;  // local rows with id 0

  // The activation is layernorm or softmax.
  bool has_statistics() const { return activation == 2 || activation == 4; }
  // Where the accumulator bases of execution and store move on to the other half behind this loop; D's follows c alone.
  bool moves_result_base() const { return scratchpad_only ? increment_accumulator : c != 0; }
};

bool is_matmul_loop_command(std::uint8_t funct, IsaVersion version);
// Writes the registers that a LOOP_WS command or one of its configuration commands carries.
void write_matmul_register(MatmulLoop& loop, const Command& command, IsaVersion version);
// Local rows of the two slots after reset.
MatmulLoop matmul_loop_after_reset(unsigned slot, const DerivedConfig& derived);

// Local rows of the loop's A and B.
struct MatmulBases {
  std::uint32_t a = 0, b = 0;
};
MatmulBases matmul_bases(const MatmulLoop& loop, unsigned slot, const DerivedConfig& derived);

// What all streams have in common: two nested indices, in blocks.
class MatmulStream {
 public:
  bool active() const { return active_; }
  void finish() { active_ = false; }
  const MatmulLoop& loop() const { return loop_; }

 protected:
  void begin(const MatmulLoop& loop, const DerivedConfig& derived) {
    loop_ = loop;
    derived_ = &derived;
    dim_ = derived.dim;
    active_ = true;
  }
  LocalAddress scratchpad(std::uint32_t row) const {
    return LocalAddress(row & ((1u << derived_->local_row_bits) - 1u));
  }
  LocalAddress accumulator(std::uint32_t row) const {
    return LocalAddress(LocalAddress::kAccumulatorBit | (row & ((1u << derived_->local_row_bits) - 1u)));
  }
  // Elements of `blocks` blocks from `first`, of `all` with `pad` missing in the last.
  std::uint32_t elements(std::uint32_t first, std::uint32_t blocks, std::uint32_t all, std::uint32_t pad) const {
    return blocks * dim_ - (first + blocks >= all ? pad : 0);
  }

  MatmulLoop loop_;
  const DerivedConfig* derived_ = nullptr;
  std::uint32_t dim_ = 0;
  bool active_ = false;
};

class MatmulLoadA final : public MatmulStream {
 public:
  void start(const MatmulLoop& loop, unsigned slot, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.a == 0 && null_skips_; }
  void set_null_skips(bool skips) { null_skips_ = skips; }
  Command command() const;
  void advance();
  std::uint32_t i() const { return i_; }
  std::uint32_t k() const { return k_; }

 private:
  std::uint32_t i_ = 0, k_ = 0, columns_ = 0, base_ = 0;  // columns_: blocks of K (residual add: J)
  std::uint32_t pad_columns_ = 0, step_ = 1;
  bool null_skips_ = false;
};

class MatmulLoadB final : public MatmulStream {
 public:
  void start(const MatmulLoop& loop, unsigned slot, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.b == 0 && null_skips_; }
  void set_null_skips(bool skips) { null_skips_ = skips; }
  Command command() const;
  void advance();
  std::uint32_t j() const { return j_; }
  std::uint32_t k() const { return k_; }

 private:
  std::uint32_t j_ = 0, k_ = 0, rows_ = 0, base_ = 0;  // rows_: blocks of K (residual add: I)
  std::uint32_t pad_rows_ = 0, step_ = 1;
  bool null_skips_ = false;
};

class MatmulLoadD final : public MatmulStream {
 public:
  void start(const MatmulLoop& loop, std::uint32_t base, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.d == 0; }
  Command command() const;
  void advance();

 private:
  std::uint32_t i_ = 0, j_ = 0, base_ = 0, step_ = 1;
};

class MatmulExecute final : public MatmulStream {
 public:
  void start(const MatmulLoop& loop, unsigned slot, std::uint32_t base, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.residual_add; }
  Command command() const;  // first the preload of a position, then its compute
  void advance();
  std::uint32_t i() const { return i_; }
  std::uint32_t j() const { return j_; }
  std::uint32_t k() const { return k_; }

 private:
  std::uint32_t i_ = 0, j_ = 0, k_ = 0, base_ = 0;
  MatmulBases bases_;
  bool at_compute_ = false;
};

class MatmulStore final : public MatmulStream {
 public:
  void start(const MatmulLoop& loop, unsigned slot, std::uint32_t base, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.c == 0; }
  Command command() const;
  void advance();
  std::uint32_t i() const { return i_; }
  std::uint32_t j() const { return j_; }
  std::uint32_t blocks() const { return step_ < loop_.j - j_ ? step_ : loop_.j - j_; }
  // Layernorm or softmax: row by row, when all products are there.
  bool normalises() const { return normalises_; }

 private:
  Command normalising_command() const;
  void advance_normalising();
  std::uint32_t lines() const { return elements(i_, 1, loop_.i, loop_.pad_i); }
  std::uint32_t group_rows() const { return std::min(derived_->normalised_rows, lines() - group_); }

  std::uint32_t i_ = 0, j_ = 0, base_ = 0, step_ = 1;
  bool normalises_ = false, at_config_ = false;
  std::uint32_t group_ = 0, pass_ = 0, member_ = 0;  // first row of a group, its row
};

}  // namespace gemel::arch
