// SPDX-License-Identifier: Apache-2.0
// Each rule of order_rules.h: what breaks it, and the nearest thing that does not.
#include "sim/cosim/order_rules.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "sim/cosim/program_shrinker.h"
#include "sim/cosim/random_program.h"
#include "sim/cosim/random_source.h"
#include "tests/sim/machines.h"
#include "tests/sim/timeline.h"

namespace gemel {
namespace {

using test_sim::operator+;
using Lines = std::vector<std::string>;
using testing::HasSubstr;

const Lines kSetUp = {"config_ex dataflow=1 a_stride=1 c_stride=1",
                      "config_ld scale=1 dram_stride=64 block_stride=16",
                      "config_st dram_stride=64 acc_scale=1",
                      "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16",
                      "mvin dram_address=0x80000000 local=spad:16 cols=16 rows=16",
                      "mvin dram_address=0x80000000 local=acc:0 cols=16 rows=16"};
const std::string kPreload = "preload bd=spad:0 bd_cols=16 bd_rows=16 c=acc:0 c_cols=16 c_rows=16";
const std::string kCompute = "compute_preloaded a=spad:16 a_cols=16 a_rows=16 bd=garbage bd_cols=16 bd_rows=16";

std::string breach(const Lines& lines) {
  return sim::find_order_violation(test_sim::assemble(kSetUp + lines), {}).value_or("");
}

TEST(OrderRules, AllowAPlainProduct) { EXPECT_EQ(breach({kPreload, kCompute}), ""); }

TEST(OrderRules, KeepThePreloadsRowsAloneUntilItsCompute) {
  EXPECT_THAT(breach({kPreload, "mvin dram_address=0x80000000 local=spad:15 cols=16 rows=1", kCompute}),
              HasSubstr("touches the preload's rows"));
  EXPECT_THAT(breach({kPreload, "mvin dram_address=0x80000000 local=acc:15 cols=16 rows=1", kCompute}),
              HasSubstr("touches the preload's rows"));
  EXPECT_THAT(breach({kPreload, "mvout dram_address=0x80010000 local=acc:0 cols=16 rows=1", kCompute}),
              HasSubstr("touches C"));
  EXPECT_THAT(breach({kPreload, "config_ex dataflow=1 a_stride=1 c_stride=1", kCompute}), HasSubstr("config_ex"));
  EXPECT_EQ(breach({kPreload, "mvin dram_address=0x80000000 local=spad:32 cols=16 rows=1", "fence", kCompute}), "");
}

TEST(OrderRules, MvinsOfMemoryAndOfZerosNeedAnOrder) {
  const std::string zeros = "mvin local=spad:8 cols=16 rows=1";
  EXPECT_THAT(breach({zeros}), HasSubstr("unordered"));
  EXPECT_EQ(breach({"fence", zeros}), "");
  EXPECT_EQ(breach({"mvout dram_address=0x80010000 local=spad:8 cols=16 rows=1", zeros}), "");
  EXPECT_EQ(breach({"mvin dram_address=0x80000000 local=spad:8 cols=16 rows=1"}), "");
}

TEST(OrderRules, MemoryIsReadAndWrittenWithAFenceBetween) {
  const std::string store = "mvout dram_address=0x80010000 local=spad:0 cols=16 rows=1";
  const std::string load = "mvin dram_address=0x8001000f local=spad:0 cols=16 rows=1";
  EXPECT_THAT(breach({store, load}), HasSubstr("since the last fence writes"));
  EXPECT_THAT(breach({load, store}), HasSubstr("since the last fence reads"));
  EXPECT_EQ(breach({store, "fence", load, "fence", store}), "");
  EXPECT_EQ(breach({store, "mvin dram_address=0x80010010 local=spad:0 cols=16 rows=1"}), "");
}

TEST(OrderRules, WeightsComeBeforeTheyAreUsed) {
  const std::string none = "preload bd=garbage bd_cols=16 bd_rows=16 c=acc:0 c_cols=16 c_rows=16";
  EXPECT_THAT(breach({kPreload, kCompute, none, kCompute}), HasSubstr("garbage B"));
  EXPECT_EQ(breach({kPreload, kCompute, none,
                    "compute_accumulated a=spad:16 a_cols=16 a_rows=16 bd=garbage bd_cols=16 bd_rows=16"}),
            "");
}

TEST(OrderRules, ResultHasNoMoreRowsThanAreFed) {
  const std::string five = "compute_preloaded a=spad:16 a_cols=16 a_rows=5 bd=garbage bd_cols=16 bd_rows=16";
  EXPECT_THAT(breach({kPreload, five}), HasSubstr("more rows"));
  EXPECT_EQ(breach({"preload bd=spad:0 bd_cols=16 bd_rows=16 c=acc:0 c_cols=16 c_rows=5", five}), "");
}

TEST(OrderRules, ResultLiesOnItsOwnOperandOnlyRowByRow) {
  EXPECT_THAT(breach({"preload bd=spad:0 bd_cols=16 bd_rows=16 c=spad:17 c_cols=16 c_rows=16", kCompute}),
              HasSubstr("overlaps an operand"));
  EXPECT_EQ(breach({"preload bd=spad:0 bd_cols=16 bd_rows=16 c=spad:16 c_cols=16 c_rows=16", kCompute}), "");
}

TEST(OrderRules, ChainsOfOutputStationaryProductsEndInOneResult) {
  const std::string config = "config_ex dataflow=0 a_stride=1 c_stride=1";
  const std::string open = "preload bd=garbage bd_cols=16 bd_rows=16 c=garbage c_cols=16 c_rows=16";
  const std::string close = "preload bd=garbage bd_cols=16 bd_rows=16 c=acc:0 c_cols=16 c_rows=16";
  const std::string first = "compute_preloaded a=spad:16 a_cols=16 a_rows=16 bd=spad:0 bd_cols=16 bd_rows=16";
  const std::string more = "compute_accumulated a=spad:16 a_cols=16 a_rows=16 bd=spad:0 bd_cols=16 bd_rows=16";
  EXPECT_EQ(breach({config, open, first, close, more, config, close, first}), "");
  EXPECT_THAT(breach({config, open, first, config}), HasSubstr("inside an output-stationary chain"));
  EXPECT_THAT(breach({config, close, first, close, more}), HasSubstr("nothing to go on from"));
  EXPECT_THAT(breach({config, open, first, close, first}), HasSubstr("inside another"));
}

TEST(OrderRules, PooledMvoutStaysInItsBank) {
  const Lines pool = {
      "config_st dram_stride=16 acc_scale=1 pool_stride=1 pool_size=1 pooled_rows=1 pooled_cols=1 "
      "out_rows=2 out_cols=2",
      "mvin dram_address=0x80000000 local=spad:4093 cols=16 rows=8"};
  EXPECT_THAT(breach(pool + Lines{"mvout dram_address=0x80010000 local=spad:4093 cols=16 rows=1"}),
              HasSubstr("leaves its bank"));
  EXPECT_EQ(breach(pool + Lines{"mvout dram_address=0x80010000 local=spad:4096 cols=16 rows=1"}), "");
}

TEST(RandomStream, IsTheSameForTheSameSeed) {
  for (const arch::AcceleratorConfig& config : test_sim::machines()) {
    EXPECT_EQ(arch::write_rocc(sim::random_stream(config, 5)), arch::write_rocc(sim::random_stream(config, 5)));
    EXPECT_NE(arch::write_rocc(sim::random_stream(config, 5)), arch::write_rocc(sim::random_stream(config, 6)));
  }
}

// The same on every machine and with every compiler: one figure of one program.
TEST(RandomStream, IsTheSameEverywhere) {
  sim::RandomSource random(1);
  EXPECT_EQ(random.next(), arch::splitmix64(arch::splitmix64(1)));
}

// What the programs are for: every kind of command and every mode occurs, and often enough.
TEST(RandomStream, UsesWhatTheMachineHas) {
  std::map<std::string, unsigned> seen;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const arch::RoccStream stream = sim::random_stream({}, seed);
    arch::ConfigStore store;
    arch::ConfigExecute execute;
    std::array<arch::ConfigLoad, 3> load;
    const arch::DerivedConfig d = arch::derive({});
    for (const arch::Step& step : stream.steps) {
      if (step.kind == arch::StepKind::Fence) ++seen["fence"];
      if (step.kind == arch::StepKind::Idle) ++seen["idle"];
      if (step.kind != arch::StepKind::Command) continue;
      const arch::Command& command = stream.commands[step.index];
      const auto funct = static_cast<arch::Funct>(command.funct);
      if (funct == arch::Funct::Flush) ++seen["flush"];
      if (funct == arch::Funct::Config) {
        const arch::ConfigKind kind = arch::config_kind(command.rs1);
        if (kind == arch::ConfigKind::Store) store = arch::decode_config_store(command.rs1, command.rs2);
        if (kind == arch::ConfigKind::Execute) execute = arch::decode_config_execute(command.rs1, command.rs2);
        if (kind == arch::ConfigKind::Load) {
          const arch::ConfigLoad c = arch::decode_config_load(command.rs1, command.rs2);
          load[c.state] = c;
        }
      } else if (arch::is_mvin(funct)) {
        const arch::Mvin m = arch::decode_mvin(command);
        const arch::ConfigLoad& c = load[m.state];
        const bool accumulator = m.local.address.is_accumulator();
        if (m.dram_address == 0) ++seen["zero mvin"];
        if (m.dram_address != 0 && c.dram_stride == 0 && m.local.rows > 1) ++seen["repeated row"];
        if (m.local.cols > d.dim) ++seen["mvin of blocks"];
        if (m.dram_address % 16 != 0) ++seen["unaligned mvin"];
        if (accumulator && m.local.address.accumulates()) ++seen["accumulating mvin"];
        if (accumulator && !c.shrink) ++seen["wide mvin"];
        if (accumulator && c.shrink) ++seen["shrunk mvin"];
        if (!accumulator && c.pixel_repeats > 1) ++seen["pixel repeats"];
        if (c.scale != 1.0f) ++seen["scaled mvin"];
      } else if (funct == arch::Funct::Mvout) {
        const arch::Mvout m = arch::decode_mvout(command.rs1, command.rs2);
        if (store.pool_stride != 0) ++seen["pooled mvout"];
        if (store.pool_stride == 0 && store.pool_size != 0) ++seen["one-dimensional mvout"];
        if (m.local.cols > d.dim) ++seen["mvout of blocks"];
        if (!m.local.address.is_accumulator()) ++seen["scratchpad mvout"];
        if (m.local.address.is_accumulator() && m.local.address.is_full_width()) ++seen["full-width mvout"];
        if (store.activation == 1) ++seen["relu mvout"];
      } else if (funct == arch::Funct::Preload) {
        const arch::Preload p = arch::decode_preload(command.rs1, command.rs2);
        const bool real = !p.c.address.is_garbage(d);
        const std::string flow = execute.dataflow == arch::Dataflow::WeightStationary ? "ws " : "os ";
        ++seen[flow + (execute.a_transpose ? "A transposed" : "A plain")];
        ++seen[flow + (execute.b_transpose ? "B transposed" : "B plain")];
        if (real) ++seen[flow + (p.c.address.is_accumulator() ? "to accumulator" : "to scratchpad")];
        if (real && p.c.address.is_accumulator() && p.c.address.accumulates()) ++seen[flow + "accumulating"];
        if (real && execute.c_stride > 1) ++seen["C stride"];
        if (execute.a_stride > 1) ++seen["A stride"];
      } else if (funct == arch::Funct::ComputeAccumulated) {
        ++seen[execute.dataflow == arch::Dataflow::WeightStationary ? "weights kept" : "longer chain"];
      }
    }
  }
  for (const char* what : {"fence",
                           "idle",
                           "flush",
                           "zero mvin",
                           "repeated row",
                           "mvin of blocks",
                           "unaligned mvin",
                           "accumulating mvin",
                           "wide mvin",
                           "shrunk mvin",
                           "pixel repeats",
                           "scaled mvin",
                           "pooled mvout",
                           "one-dimensional mvout",
                           "mvout of blocks",
                           "scratchpad mvout",
                           "full-width mvout",
                           "relu mvout",
                           "ws A transposed",
                           "ws A plain",
                           "ws B transposed",
                           "ws B plain",
                           "os A transposed",
                           "os A plain",
                           "os B transposed",
                           "os B plain",
                           "ws to accumulator",
                           "ws to scratchpad",
                           "ws accumulating",
                           "os to accumulator",
                           "os to scratchpad",
                           "os accumulating",
                           "C stride",
                           "A stride",
                           "weights kept",
                           "longer chain"}) {
    EXPECT_GE(seen[what], 40u) << what;
    RecordProperty(what, static_cast<int>(seen[what]));
  }
}

// The shrinker keeps what makes it fail, and only that: a program "fails" here where it holds two given commands.
TEST(Shrinker, LeavesTheCommandsThatMatter) {
  const arch::AcceleratorConfig config;
  const arch::RoccStream stream = sim::random_stream(config, 3);
  const auto stores = [](const arch::RoccStream& s) {
    return std::count_if(s.commands.begin(), s.commands.end(), [](const arch::Command& c) {
      return static_cast<arch::Funct>(c.funct) == arch::Funct::Mvout;
    });
  };
  ASSERT_GE(stores(stream), 3);
  const arch::RoccStream small = sim::shrink(stream, config, [&](const arch::RoccStream& s) { return stores(s) >= 2; });
  EXPECT_EQ(stores(small), 2);
  EXPECT_FALSE(sim::find_order_violation(arch::make_program(small), config));
  // Two mvouts need at most what wrote their rows, and the configurations of both.
  EXPECT_LT(small.commands.size(), 20u);
  EXPECT_LT(small.commands.size(), stream.commands.size());
}

}  // namespace
}  // namespace gemel
