// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks one command of a program after the other; holds what the commands so far have configured and written.
// Internal to the program checker.
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/loop_expander.h"
#include "sim/arch/normaliser_check.h"
#include "sim/arch/program.h"
#include "sim/arch/written_lanes.h"

namespace gemel::arch {

// Thrown by the checker.
struct Violation {
  std::string what;
  std::optional<std::uint32_t> row;
};

[[noreturn]] void violate(std::string what, std::optional<std::uint32_t> row = std::nullopt);

class CommandChecker {
 public:
  CommandChecker(const Program& program, const AcceleratorConfig& config)
      : program_(program),
        config_(config),
        d_(derive(config)),
        scratchpad_(d_.scratchpad_rows, d_.dim),
        accumulator_(d_.accumulator_rows, d_.dim),
        loops_(config.isa_version, d_) {}

  void write_all() {
    scratchpad_.write_all();
    accumulator_.write_all();
  }
  void program_parts() const;
  void command(const Command& command);
  void host_op(const HostOp& op) const;

 private:
  void configure(const Command& command);
  void normalise(NormCommand command, bool is_small);
  void mvin(const Mvin& command);
  void mvout(const Mvout& command);
  void preload(const Preload& command);
  void compute(const Compute& command);
  void loop(const Command& command);
  void accept_residual_padding(const Command& command);
  void loop_is_configured(std::uint8_t& seen, unsigned first_funct, unsigned count, const char* name) const;

  void memory_range(std::uint64_t address, std::uint64_t stride, std::uint64_t rows, std::uint64_t row_bytes) const;
  WrittenLanes& storage(LocalAddress address) { return address.is_accumulator() ? accumulator_ : scratchpad_; }
  const char* storage_name(LocalAddress address) const {
    return address.is_accumulator() ? "accumulator" : "scratchpad";
  }
  std::uint32_t first_row(LocalAddress address, std::uint64_t rows, const char* what);
  void read(LocalAddress address, std::uint32_t rows, std::uint32_t lanes, const char* what);
  void write(LocalAddress address, std::uint32_t rows, std::uint32_t first, std::uint32_t lanes, const char* what);
  void operand(const LocalBlock& block, std::uint32_t stride, bool transposed, const char* what);
  void block_size(const LocalBlock& block, const char* what) const;

  const Program& program_;
  const AcceleratorConfig& config_;
  DerivedConfig d_;
  WrittenLanes scratchpad_;
  WrittenLanes accumulator_;

  LoopExpander loops_;
  // Configuration commands seen, for each slot: a bit for each funct behind the run command's.
  std::array<std::uint8_t, 2> matmul_configured_{}, conv_configured_{};

  std::array<std::optional<ConfigLoad>, 3> load_;
  std::optional<ConfigStore> store_;
  std::optional<ConfigExecute> execute_;
  bool scale_known_ = false;
  NormaliserCheck normaliser_;
  bool preloaded_ = false;  // a preload waits for its compute
  bool stationary_ = false;
  LocalBlock destination_{LocalAddress::garbage(), 0, 0};
};

}  // namespace gemel::arch
