// SPDX-License-Identifier: Apache-2.0
// Execute controller, row feeder, array and result writer against docs/microarchitecture.md, sections 10 and 11. On the
// default machine a row fed in f leaves the array in f + 38. The first command is offered in cycle 0: a preload is
// allocated in 4, issued in 5 and seen in 7, its compute in 8, so the first request starts in 8.
#include <gmock/gmock.h>

#include <algorithm>

#include "sim/top/run.h"
#include "tests/sim/timeline.h"
#include "tests/support/functional_machine.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;
using test_sim::Cycle;
using test_sim::repeat;
using test_sim::run;
using test_sim::operator+;
using Lines = std::vector<std::string>;

// Blocks at rows 0 and 64 of bank 0, and at the starts of banks 1 and 2 (row 4096, 8192).
Lines set_up(const std::string& config_ex) {
  Lines lines = {"config_ex " + config_ex + " a_stride=1 c_stride=1", "config_ld scale=1 dram_stride=64"};
  for (const char* row : {"0", "64", "4096", "8192"})
    lines.push_back(std::string("mvin dram_address=0x80000000 local=spad:") + row + " cols=16 rows=16");
  return lines + Lines{"fence", "idle 50"};
}
const char* const kWeightStationary = "dataflow=1";
const char* const kOutputStationary = "dataflow=0";

std::string block(const std::string& name, const std::string& place, unsigned rows = 16) {
  return " " + name + "=" + place + " " + name + "_cols=16 " + name + "_rows=" + std::to_string(rows);
}
Lines product(const std::string& b, const std::string& c, const std::string& a, const std::string& d = "garbage") {
  return {"preload" + block("bd", b) + block("c", c), "compute_preloaded" + block("a", a) + block("bd", d)};
}

Cycle timed(const Lines& before, const Lines& lines, const AcceleratorConfig& config = {}) {
  return run(before + Lines{"begin"} + lines + Lines{"fence", "end"}, config).cycles;
}

// Preload in 8..23, compute in 24..39, its last row leaves in 77, quiet in 78. More products share a request with the
// next preload: 16 cycles each.
TEST(ExecuteController, WeightStationaryProductsTakeSixteenCycles) {
  for (const unsigned n : {1u, 2u, 5u, 32u})
    EXPECT_EQ(timed(set_up(kWeightStationary), repeat(n, product("spad:4096", "acc:0", "spad:0"))), 78 + 16 * (n - 1));
}

// A flush decided in 40 (+ 16 for each more) drives the result out: F = 39 + 6, rows enter in F + 1 .. F + 16, as if
// fed six cycles earlier; the last one leaves in 55 + 38.
TEST(ExecuteController, OutputStationaryProductsTakeSixteenCycles) {
  const Lines one = {"preload" + block("bd", "garbage") + block("c", "acc:0"),
                     "compute_preloaded" + block("a", "spad:0") + block("bd", "spad:4096")};
  for (const unsigned n : {1u, 2u, 5u, 32u})
    EXPECT_EQ(timed(set_up(kOutputStationary), repeat(n, one)), 94 + 16 * (n - 1));
}

// A and the next B in one bank: two cycles a row in the requests that read both.
TEST(ExecuteController, TwoOperandsInOneBankTakeTwoCyclesARow) {
  for (const unsigned n : {1u, 2u, 9u})
    EXPECT_EQ(timed(set_up(kWeightStationary), repeat(n, product("spad:64", "acc:0", "spad:0"))), 78 + 32 * (n - 1));
}

// A, D and the next B in one bank: three cycles a row; the last request reads A and D: two.
TEST(ExecuteController, ThreeOperandsInOneBankTakeThreeCyclesARow) {
  for (const unsigned n : {1u, 2u, 9u})
    EXPECT_EQ(timed(set_up(kWeightStationary), repeat(n, product("spad:64", "acc:0", "spad:0", "spad:32"))),
              94 + 48 * (n - 1));
}

// Requests of r rows, weights kept: request n starts r cycles after the one before, and not earlier than the last
// output of request n - 5 less read_delay: start(n - 5) + (r - 1) + 38 - 4. Fewer than four rows are fed as four.
TEST(ExecuteController, FiveTagsBoundShortRequests) {
  for (const unsigned rows : {1u, 4u, 5u, 8u, 9u, 15u}) {
    constexpr unsigned kProducts = 24;
    const Cycle fed = std::max(rows, 4u);
    std::vector<Cycle> start(kProducts + 1);  // the lone preload, then each compute with the next preload
    for (unsigned n = 0; n <= kProducts; ++n) {
      start[n] = n == 0 ? 8 : start[n - 1] + (n == 1 ? 4 : fed);
      if (n >= 5) start[n] = std::max(start[n], start[n - 5] + (n == 5 ? 4 : fed) - 1 + 38 - 4);
    }
    const Lines one = {"preload" + block("bd", "garbage") + block("c", "acc:0", rows),
                       "compute_accumulated" + block("a", "spad:0", rows) + block("bd", "garbage")};
    const Lines before =
        set_up(kWeightStationary) + product("spad:4096", "acc:64", "spad:0") + Lines{"fence", "idle 50"};
    EXPECT_EQ(timed(before, repeat(kProducts, one)), start[kProducts] + fed - 1 + 38 + 1) << rows << " rows";
  }
}

// The second product reads what the first one writes: it begins when the last row has left (77), in 78 instead of
// sharing the request at 24.
TEST(ExecuteController, ReadAfterWriteWaitsForTheLastRow) {
  EXPECT_EQ(timed(set_up(kWeightStationary),
                  product("spad:4096", "spad:256", "spad:0") + product("spad:4096", "acc:0", "spad:256")),
            78 + 78 - 8);
  // One row further on there is no hazard.
  EXPECT_EQ(timed(set_up(kWeightStationary) +
                      Lines{"mvin dram_address=0x80000000 local=spad:272 cols=16 rows=16", "fence", "idle 50"},
                  product("spad:4096", "spad:256", "spad:0") + product("spad:4096", "acc:0", "spad:272")),
            78 + 16);
}

// Decided in 40: a flush with F = 45, next decision in 62, when the result (until 77) still leaves; a second one with F
// = 63 until
// 80. Then the configuration, and the next product as if from cycle 8 in 81.
TEST(ExecuteController, ConfigurationDrainsTheArray) {
  EXPECT_EQ(timed(set_up(kWeightStationary), product("spad:4096", "acc:0", "spad:0") +
                                                 Lines{"config_ex dataflow=1 a_stride=1 c_stride=1"} +
                                                 product("spad:4096", "acc:0", "spad:0")),
            81 + 70);
}

// 16 rows of an mvin into the bank of A, while products run: each write costs a read its cycle on one port, none on
// two.
TEST(RowFeeder, MvinWritesRefuseReadsOfASinglePort) {
  AcceleratorConfig config;
  const Lines work = Lines{"mvin dram_address=0x80000000 local=spad:128 cols=16 rows=16"} +
                     repeat(12, product("spad:4096", "acc:0", "spad:0"));
  const Cycle free = 79 + 16 * 11;  // the first preload is offered in cycle 1
  EXPECT_EQ(timed(set_up(kWeightStationary), work, config), free + 16);
  config.scratchpad.ports = 2;
  EXPECT_EQ(timed(set_up(kWeightStationary), work, config), free);
}

// Sums that leave the 16 + log2(dim) bits of the array, for every size: -128 * -128, three passes in output-stationary,
// and with D in weight-stationary.
TEST(Mesh, IsThePlainProductForEverySize) {
  for (std::uint32_t dim = 2; dim <= 128; dim *= 2) {
    AcceleratorConfig config;
    config.mesh.dim = dim;
    config.mesh.output_bits = arch::required_output_bits(dim);
    const std::string d = std::to_string(dim);
    const auto place = [&](const std::string& name, const std::string& row) {
      return " " + name + "=" + row + " " + name + "_cols=" + d + " " + name + "_rows=" + d;
    };
    const std::string a = "spad:0", b = "spad:" + std::to_string(2 * dim), result = "acc:0";
    Lines lines = {"config_ld scale=1 dram_stride=" + d,
                   "mvin dram_address=0x80000000 local=" + a + " cols=" + d + " rows=" + d,
                   "mvin dram_address=0x80008000 local=" + b + " cols=" + d + " rows=" + d,
                   "config_st dram_stride=" + std::to_string(4 * dim) + " acc_scale=1"};
    const std::string store = ":full cols=" + std::to_string(dim) + " rows=" + d;
    lines = lines + Lines{"config_ex dataflow=1 a_stride=1 c_stride=1",
                          "preload" + place("bd", b) + place("c", result),
                          "compute_preloaded" + place("a", a) + place("bd", b),
                          "mvout dram_address=0x80010000 local=" + result + store,
                          "config_ex dataflow=0 a_stride=1 c_stride=1",
                          "preload" + place("bd", a) + place("c", "garbage"),
                          "compute_preloaded" + place("a", a) + place("bd", b),
                          "preload" + place("bd", "garbage") + place("c", "garbage"),
                          "compute_accumulated" + place("a", a) + place("bd", b),
                          "preload" + place("bd", "garbage") + place("c", result),
                          "compute_accumulated" + place("a", a) + place("bd", b),
                          "mvout dram_address=0x80030000 local=" + result + store};
    for (const bool extreme : {false, true}) {
      arch::Program program = test_sim::assemble(lines);
      if (extreme)
        std::fill(program.memory[0].bytes.begin(), program.memory[0].bytes.begin() + 0x10000, std::uint8_t{128});
      const std::vector<std::uint8_t> expected = test_support::FunctionalMachine(config).run(program);
      EXPECT_EQ(sim::run_program(program, config).memory, expected) << "dim " << dim << (extreme ? ", all -128" : "");
    }
  }
}

}  // namespace
}  // namespace gemel
