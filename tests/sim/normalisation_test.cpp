// SPDX-License-Identifier: Apache-2.0
// Normalisations on the model: cycles of docs/microarchitecture.md, section 12, and rows through the whole machine. An
// mvout accepted in t is read in t + 7 and stands before the scale unit in t + 9, where the machine is quiet.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "sim/arch/normaliser.h"
#include "sim/arch/program_checker.h"
#include "tests/sim/timeline.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;
using arch::NormCommand;
using test_sim::Cycle;
using test_sim::run;
using test_sim::Timeline;
using test_sim::operator+;
using Lines = std::vector<std::string>;

AcceleratorConfig normalising_machine() {
  AcceleratorConfig config;
  config.normalisations = true;
  return config;
}

const Lines kSetUp = {"config_ld scale=1 dram_stride=64",
                      "mvin dram_address=0x80000000 local=acc:0 cols=16 rows=16",
                      "config_st dram_stride=16 acc_scale=1",
                      "config_norm qb=10 qc=1000 q_const=7",
                      "config_norm qb=10 qc=1000 q_const=9362 q_const_type=1",
                      "fence"};
constexpr unsigned kCommands = 5;

std::string mvout(NormCommand command, unsigned row, unsigned cols, unsigned rows, std::uint64_t address = 0x80010000) {
  return "mvout dram_address=" + std::to_string(address) +
         " local=" + std::to_string(0x80000000u | static_cast<std::uint32_t>(command) << 26 | row) +
         " cols=" + std::to_string(cols) + " rows=" + std::to_string(rows);
}

// Write beats at the memory since the first command behind the set-up was accepted.
std::vector<Cycle> beats(const Lines& lines, const AcceleratorConfig& config = normalising_machine()) {
  const Timeline t = run(kSetUp + lines, config);
  std::vector<Cycle> all;
  for (const Cycle beat : t.write_beats) all.push_back(beat - t.accepted[kCommands]);
  return all;
}

// §12: the element for memory is accepted in t + 1 behind the statistics, read in t + 8, and scaled when the normaliser
// has done with the block before, which it took in t + 9. Its beat is 8 + 1 + 4 cycles behind that.
TEST(Normaliser, KeepsTheNextElementWaitingUntilItsResultIsThere) {
  const auto beat_behind = [](NormCommand command) {
    const std::vector<Cycle> b = beats({mvout(command, 0, 16, 1), mvout(NormCommand::Write, 0, 16, 1)});
    return b.size() == 1 ? b[0] : 0;
  };
  EXPECT_EQ(beat_behind(NormCommand::Sum), 9u + 2 + 13);  // a store takes two cycles of the controller
  EXPECT_EQ(beat_behind(NormCommand::Max), 9u + 2 + 13);
  EXPECT_EQ(beat_behind(NormCommand::Mean), 9u + 33 + 13);
  EXPECT_EQ(beat_behind(NormCommand::InverseSumExponentials), 9u + 27 + 13);
}

TEST(Normaliser, TakesSeventyFiveCyclesForADeviation) {
  const std::vector<Cycle> b =
      beats({mvout(NormCommand::Mean, 0, 16, 1), mvout(NormCommand::InverseDeviation, 0, 16, 1),
             mvout(NormCommand::Write, 0, 16, 1)});
  ASSERT_EQ(b.size(), 1u);
  EXPECT_EQ(b[0], 9u + 33 + 75 + 13);
}

// Sixteen sums pass in sixteen cycles; only the last block of a row of several has the mean.
TEST(Normaliser, TakesARowOfSumsACycle) {
  std::vector<Cycle> b = beats({mvout(NormCommand::Sum, 0, 16, 16), mvout(NormCommand::Write, 0, 16, 1)});
  ASSERT_EQ(b.size(), 1u);
  EXPECT_EQ(b[0], 9u + 16 + 13);
  b = beats({"mvin dram_address=0x80000000 local=acc:16 cols=16 rows=1", "fence", mvout(NormCommand::Mean, 0, 32, 1),
             mvout(NormCommand::Write, 0, 16, 1)});
  ASSERT_EQ(b.size(), 1u);
}

TEST(Normaliser, AFenceWaitsForItsLastCycle) {
  const Lines work = {mvout(NormCommand::Mean, 0, 16, 1), "fence", "config_st dram_stride=16 acc_scale=1"};
  const Timeline t = run(kSetUp + work, normalising_machine());
  // Taken in t + 9, at work up to t + 9 + 33 - 1; the fence is satisfied, and the next command accepted, in the cycle
  // behind.
  EXPECT_EQ(t.accepted[kCommands + 1] - t.accepted[kCommands], 9u + 33);
}

// §12: an activation takes no time of its own.
TEST(Normaliser, IgeluIsPartOfTheScaleUnitsLatency) {
  const Lines plain = {"config_st dram_stride=16 acc_scale=1 activation=1", mvout(NormCommand::Write, 0, 16, 16)};
  const Lines igelu = {"config_st dram_stride=16 acc_scale=1 activation=3", mvout(NormCommand::Write, 0, 16, 16)};
  EXPECT_EQ(beats(plain), beats(igelu));
}

// ---- Whole rows --------------------------------------------------------------------------------------------------

// A row of int32 numbers into accumulator blocks, its three passes, and what comes out.
std::vector<std::int8_t> rows_through(const Lines& configuration, const std::vector<NormCommand>& passes,
                                      unsigned columns, unsigned rows, std::vector<std::int32_t>* inputs) {
  AcceleratorConfig config = normalising_machine();
  const unsigned dim = config.mesh.dim;
  Lines lines = {"config_ld scale=1 dram_stride=0"};  // rows one by one
  for (unsigned r = 0; r < rows; ++r)
    for (unsigned c = 0; c < columns; c += dim)
      lines.push_back("mvin dram_address=" + std::to_string(0x80000000u + 4 * (r * columns + c)) + " local=acc:" +
                      std::to_string(c + r) + " cols=" + std::to_string(std::min(dim, columns - c)) + " rows=1");
  lines = lines + configuration;
  for (unsigned r = 0; r < rows; ++r) {
    lines.push_back("config_norm stats_id=" + std::to_string(r % 4) + " set_stats_id_only=1");
    for (const NormCommand pass : passes) lines.push_back(mvout(pass, r, columns, 1, 0x80020000u + r * 256));
  }
  const Timeline t = run(lines, config);
  inputs->resize(columns * rows);
  std::memcpy(inputs->data(), t.memory.data(), inputs->size() * 4);
  std::vector<std::int8_t> out(columns * rows);
  for (unsigned r = 0; r < rows; ++r) std::memcpy(&out[r * columns], t.memory.data() + 0x20000 + r * 256, columns);
  return out;
}

TEST(LayerNorm, OfRowsOfEveryLength) {
  for (const unsigned columns : {1u, 15u, 16u, 17u, 33u, 64u}) {
    std::vector<std::int32_t> in;
    const auto out =
        rows_through({"config_st dram_stride=1 acc_scale=30 activation=2"},
                     {NormCommand::Mean, NormCommand::InverseDeviation, NormCommand::Write}, columns, 5, &in);
    for (unsigned r = 0; r < 5; ++r) {
      std::int64_t sum = 0, squares = 0;
      for (unsigned c = 0; c < columns; ++c) sum += in[r * columns + c];
      const std::int64_t mean = static_cast<std::int32_t>(sum) / std::int64_t{columns};
      for (unsigned c = 0; c < columns; ++c) {
        const std::int64_t distance = static_cast<std::int32_t>(in[r * columns + c] - mean);
        squares = static_cast<std::int32_t>(squares + distance * distance);
      }
      const std::int64_t variance = squares / std::int64_t{columns};
      const double deviation = variance < 0    ? 2147483647.0
                               : variance == 0 ? 1.0
                                               : std::floor(std::sqrt(static_cast<double>(variance)));
      for (unsigned c = 0; c < columns; ++c) {
        const auto distance = static_cast<float>(static_cast<std::int32_t>(in[r * columns + c] - mean));
        const float quotient = std::trunc(distance * (1.0f / static_cast<float>(deviation)));
        const float scaled = std::nearbyint(std::max(-128.0f, std::min(127.0f, quotient * 30.0f)));
        EXPECT_EQ(out[r * columns + c], static_cast<std::int8_t>(scaled)) << columns << " columns, row " << r;
      }
    }
  }
}

std::string refused(const Lines& lines, const AcceleratorConfig& config) {
  const arch::Program program = test_sim::assemble(lines);
  const auto violation = arch::find_violation(program, config);
  return violation ? violation->message(program) : "";
}

TEST(Refusal, OfNormalisationsOnAMachineWithoutThem) {
  EXPECT_THAT(refused({"config_norm qb=1"}, {}), testing::HasSubstr("not built in"));
  EXPECT_THAT(refused({"config_st dram_stride=16 acc_scale=1 activation=3"}, {}), testing::HasSubstr("not built in"));
  EXPECT_THAT(refused({"config_norm stats_id=4"}, normalising_machine()), testing::HasSubstr("context 4"));
  EXPECT_EQ(refused(kSetUp, normalising_machine()), "");
}

TEST(Refusal, OfWhatIsUsedBeforeItIsThere) {
  const Lines set_up(kSetUp.begin(), kSetUp.begin() + 2);  // the accumulator's rows
  const auto with = [&](const Lines& lines) { return refused(set_up + lines, normalising_machine()); };
  const std::string write = mvout(NormCommand::Write, 0, 16, 1);
  const std::string softmax = "config_norm activation_msb=1 qb=1 qc=1 q_const=1";
  EXPECT_THAT(with({"config_st dram_stride=16 acc_scale=1 activation=3", write}), testing::HasSubstr("igelu needs"));
  EXPECT_THAT(with({"config_st dram_stride=16 acc_scale=1 activation=2", mvout(NormCommand::Mean, 0, 16, 1), write}),
              testing::HasSubstr("layernorm needs"));
  EXPECT_THAT(with({"config_st dram_stride=16 acc_scale=1", softmax, write}), testing::HasSubstr("exponentials need"));
  EXPECT_THAT(with({"config_st dram_stride=16 acc_scale=1", softmax + " q_const_type=1", softmax, write}),
              testing::HasSubstr("softmax needs"));
  EXPECT_THAT(with({"config_st dram_stride=16 acc_scale=1", mvout(NormCommand::Variance, 0, 16, 1)}),
              testing::HasSubstr("variance needs"));
}

}  // namespace
}  // namespace gemel
