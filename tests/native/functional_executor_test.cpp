// SPDX-License-Identifier: Apache-2.0
// The fast executor against the functional machine, which is written to be obviously right.
#include "sim/native/functional_executor.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "sim/cosim/random_program.h"
#include "tests/sim/machines.h"
#include "tests/support/functional_machine.h"
#include "tests/support/truth.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;
using arch::Command;
using arch::Funct;

// A program's memory as one vector; refuses what lies outside.
class RegionMemory final : public sim::ExecutorMemory {
 public:
  RegionMemory(std::vector<std::uint8_t> bytes, std::uint64_t base) : bytes_(std::move(bytes)), base_(base) {}
  const std::uint8_t* read(const sim::MemoryRows& rows) override { return at(rows); }
  std::uint8_t* write(const sim::MemoryRows& rows) override { return at(rows); }
  void written(const sim::MemoryRows&) override { ++writes_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::uint64_t writes() const { return writes_; }

 private:
  std::uint8_t* at(const sim::MemoryRows& rows) {
    if (rows.address < base_ || rows.address - base_ > bytes_.size() ||
        rows.extent() > bytes_.size() - (rows.address - base_))
      throw std::invalid_argument("outside");
    return bytes_.data() + (rows.address - base_);
  }
  std::vector<std::uint8_t> bytes_;
  std::uint64_t base_;
  std::uint64_t writes_ = 0;
};

std::uint64_t fresh_seed() {
  const char* text = std::getenv("GEMEL_SEED");
  static const std::uint64_t seed =
      text != nullptr
          ? std::strtoull(text, nullptr, 0)
          : static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) & 0xFFFFFF;
  return seed;
}

void check(const AcceleratorConfig& config, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", " + test_sim::differences(config));
  const arch::Program program = arch::make_program(sim::random_stream(config, seed));
  test_support::FunctionalMachine reference(config);
  const std::vector<std::uint8_t> expected = reference.run(program);
  RegionMemory memory(arch::initial_memory(program), program.base);
  sim::FunctionalExecutor executor(config, memory);
  for (const arch::Step& step : program.steps)
    if (step.kind == arch::StepKind::Command) executor.execute(program.commands[step.index]);
  ASSERT_EQ(memory.bytes(), expected);
  const arch::DerivedConfig d = arch::derive(config);
  for (std::uint32_t row = 0; row < d.scratchpad_rows; ++row)
    ASSERT_TRUE(
        std::equal(executor.scratchpad_row(row), executor.scratchpad_row(row) + d.dim, reference.scratchpad_row(row)))
        << "scratchpad row " << row;
  for (std::uint32_t row = 0; row < d.accumulator_rows; ++row)
    ASSERT_TRUE(std::equal(executor.accumulator_row(row), executor.accumulator_row(row) + d.dim,
                           reference.accumulator_row(row)))
        << "accumulator row " << row;
}

TEST(FunctionalExecutor, LeavesMemoryAndStorageAsTheFunctionalMachineDoes) {
  std::cout << "fresh programs from GEMEL_SEED=" << fresh_seed() << "\n";
  for (const AcceleratorConfig& config : test_sim::machines()) {
    const std::uint64_t programs = config.mesh.dim >= 32 ? 8 : 40;
    for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) check(config, (fresh_seed() << 20) + i);
  }
  for (std::uint64_t i = 0; i < 200 && !HasFatalFailure(); ++i) {
    const std::uint64_t seed = (fresh_seed() << 20) + i;
    check(test_sim::random_machine(seed, 16), seed);
  }
}

// Measured streams, loops included: memory as the RTL of Gemmini leaves it.
TEST(FunctionalExecutor, LeavesMemoryOfMeasuredStreamsAsTheRtlDoes) {
  std::map<std::string, std::string> digests;
  for (const test_support::TruthCase& row : test_support::load_truth_cases()) digests[row.name] = row.crc_region;
  ASSERT_GE(digests.size(), 100u);
  for (const auto& [name, crc] : digests) {
    const arch::Program program = arch::make_program(arch::load_rocc(test_support::truth_stream_path(name)));
    AcceleratorConfig config;
    config.isa_version = program.isa_version;
    RegionMemory memory(arch::initial_memory(program), program.base);
    sim::FunctionalExecutor executor(config, memory);
    for (const arch::Step& step : program.steps)
      if (step.kind == arch::StepKind::Command) executor.execute(program.commands[step.index]);
    EXPECT_EQ(test_support::crc_text(memory.bytes().data(), memory.bytes().size()), crc) << name;
  }
}

// What a command is refused with on the default machine, or "".
std::string refusal(const std::vector<Command>& commands, const AcceleratorConfig& config = {}) {
  RegionMemory memory(std::vector<std::uint8_t>(4096), 0x1000);
  sim::FunctionalExecutor executor(config, memory);
  try {
    for (const Command& command : commands) executor.execute(command);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

Command command(Funct funct, std::uint64_t rs1, std::uint64_t rs2) {
  return {static_cast<std::uint8_t>(funct), rs1, rs2};
}
std::uint64_t block(std::uint32_t local, std::uint64_t cols, std::uint64_t rows) {
  return rows << 48 | cols << 32 | local;
}

TEST(FunctionalExecutor, RefusesWhatTheMachineDoesNotHaveAndSaysWhat) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal({command(Funct::Config, 3, 0)}), HasSubstr("config_norm"));
  EXPECT_THAT(refusal({command(Funct::Config, 1 | 3 << 3, 0)}), HasSubstr("load state 3"));
  EXPECT_THAT(refusal({command(Funct::Config, 2 | 2 << 2, 0)}), HasSubstr("activation 2"));
  EXPECT_THAT(refusal({command(Funct::Config, 4 | 3 << 8, 0)}), HasSubstr("transposer"));
  EXPECT_THAT(refusal({command(Funct::Config, 1 << 9, 0)}), HasSubstr("transposer"));
  EXPECT_THAT(refusal({command(Funct::Mvin, 0x1000, block(0, 16, 17))}), HasSubstr("17 rows"));
  EXPECT_THAT(refusal({command(Funct::Mvin, 0x1000, block(0, 65, 1))}), HasSubstr("65 columns"));
  EXPECT_THAT(refusal({command(Funct::Mvin, 0x1000, block(0x80000000u, 17, 1))}), HasSubstr("17 columns"));
  EXPECT_THAT(refusal({command(Funct::Mvin, 0x1000, block(0, 16, 0))}), HasSubstr("0 rows"));
  EXPECT_THAT(refusal({command(Funct::Mvin, 0x900000, block(0, 16, 1))}), HasSubstr("outside"));
  EXPECT_THAT(refusal({command(Funct::Preload, block(0x80000000u, 16, 16), block(0, 16, 16))}),
              HasSubstr("operands in the accumulator"));
  EXPECT_THAT(refusal({command(static_cast<Funct>(99), 0, 0)}), HasSubstr("function code 99"));
  AcceleratorConfig lean;
  lean.full_width_accumulator_read = false;
  lean.mesh.dataflow = arch::Dataflow::WeightStationary;
  EXPECT_THAT(refusal({command(Funct::Mvout, 0x1000, block(0xA0000000u, 16, 1))}, lean), HasSubstr("full-width"));
  EXPECT_THAT(refusal({command(Funct::Config, 0, 0)}, lean), HasSubstr("output-stationary"));
  EXPECT_EQ(refusal({command(Funct::Config, 4, 0), command(Funct::Flush, 0, 0), command(Funct::ClockGate, 1, 0)}), "");
}

TEST(FunctionalExecutor, CountsTheProductsOfElementsThatOperandsHave) {
  RegionMemory memory(std::vector<std::uint8_t>(4096), 0x1000);
  sim::FunctionalExecutor executor(AcceleratorConfig{}, memory);
  executor.execute(command(Funct::Config, 4 | 1 << 16, std::uint64_t{1} << 48));
  executor.execute(command(Funct::Preload, block(0, 5, 7), block(0x80000000u, 5, 3)));
  executor.execute(command(Funct::ComputePreloaded, block(32, 7, 3), block(0xFFFFFFFFu, 16, 16)));
  EXPECT_EQ(executor.macs(), 3u * 7u * 5u);
}

}  // namespace
}  // namespace gemel
