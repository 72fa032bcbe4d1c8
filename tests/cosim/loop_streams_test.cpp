// SPDX-License-Identifier: Apache-2.0
// Model and RTL on small streams of loop instructions, on what loops brought to light, and on weights that a preload
// without B leaves (recorded from tests/native/programs/matmul_garbage_weights.c).
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/rocc_stream.h"
#include "sim/cosim/compare.h"
#include "sim/cosim/twin_builder.h"

namespace gemel {
namespace {

struct Stream {
  const char* name;
  const char* isa;
};

class LoopStreams : public testing::TestWithParam<Stream> {};

TEST_P(LoopStreams, ModelAndRtlAgreeInEveryEvent) {
  const std::string path = std::string(GEMEL_SOURCE_DIR) + "/tests/cosim/streams/" + GetParam().name + ".rocc";
  const arch::Program program = arch::make_program(arch::load_rocc(path));
  arch::AcceleratorConfig config =
      arch::load_accelerator_config("tiny_4x4", {std::string("isa.version=") + GetParam().isa});
  setenv("GEMEL_CACHE_DIR", GEMEL_TWIN_CACHE, 0);
  sim::TwinOptions options;
  options.quick = true;
  const std::string twin = sim::build_twin(config, options);
  for (const unsigned latency : {1u, 22u, 53u}) {
    config.memory.latency_cycles = latency;
    const sim::Comparison result = sim::compare_bodies(twin, program, config);
    EXPECT_FALSE(result.difference.has_value()) << "latency " << latency << "\n"
                                                << sim::difference_text(*result.difference);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tiny, LoopStreams,
    testing::Values(Stream{"repeats_of_zeros", "gemmini_v0_7"}, Stream{"counters_of_loops", "gemmini_v0_7"},
                    Stream{"plain_between_loop_settings", "gemmini_v0_7"}, Stream{"garbage_weights", "gemmini_v0_7"},
                    Stream{"loops_tiny", "gemmini_v0_7"}, Stream{"loops_tiny_2025", "gemmini_2025"}),
    [](const testing::TestParamInfo<Stream>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace gemel
