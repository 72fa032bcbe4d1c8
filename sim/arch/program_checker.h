// SPDX-License-Identifier: Apache-2.0
#pragma once
// Proves of a program, command by command in program order, that it is legal on a machine and that it never reads a
// lane of scratchpad or accumulator that it has not written (a register before its config included).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"

namespace gemel::arch {

struct ProgramViolation {
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t step = 0;              // index in Program::steps; kNone where it is about no step
  std::size_t command = 0;           // index in Program::commands; kNone where the step is no command
  std::string layer;                 // name of the layer being issued, "" before the first
  std::optional<std::uint32_t> row;  // local row, where it is about one
  std::string what;                  // one sentence

  // "command 12 (mvin ...) of layer 'conv1': ..."
  std::string message(const Program& program) const;
};

struct CheckOptions {
  // Recorded streams may rely on storage that starts as zero (as the RTL's does after reset); compiled programs may
  // not.
  bool storage_starts_as_zero = false;
};

// The first violation, or none. A loop instruction is legal where all the plain commands are that it stands for.
std::optional<ProgramViolation> find_violation(const Program& program, const AcceleratorConfig& config,
                                               const CheckOptions& options = {});

}  // namespace gemel::arch
