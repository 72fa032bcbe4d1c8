// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a few commands on the model and tells in which cycle what happened: for tests against docs/microarchitecture.md.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/stats/run_statistics.h"

namespace gemel::test_sim {

using sim::Cycle;

enum class Class { Load = 0, Execute = 1, Store = 2 };

struct Timeline {
  Cycle cycles = 0;                             // between begin and end
  std::vector<Cycle> accepted;                  // by command
  std::array<std::vector<Cycle>, 3> issued;     // by class, in program order
  std::array<std::vector<Cycle>, 3> completed;  // by class, in order of completion
  std::vector<Cycle> read_requests;             // at the memory
  std::vector<Cycle> write_beats;               // at the memory
  std::vector<std::uint8_t> memory;

  const std::vector<Cycle>& issues(Class c) const { return issued[static_cast<unsigned>(c)]; }
  const std::vector<Cycle>& completions(Class c) const { return completed[static_cast<unsigned>(c)]; }
};

// Lines as in program text ("mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16"), and "fence", "idle 5",
// "begin", "end". Without a begin, all of it is timed, from its first step to a fence behind its last.
arch::Program assemble(const std::vector<std::string>& lines);
Timeline run(const std::vector<std::string>& lines, const arch::AcceleratorConfig& config = {});

// lines, n times.
std::vector<std::string> repeat(unsigned n, const std::vector<std::string>& lines);
std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b);

}  // namespace gemel::test_sim
