// SPDX-License-Identifier: Apache-2.0
// Runs recorded command streams on the Verilated RTL of one configuration. One line each:
//   name cycles region-crc output-crcs(;) gets puts read-beats write-beats simulated-cycles-per-second
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "rtl/tb/event_sink.h"
#include "rtl/tb/program_runner.h"
#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/rocc_stream.h"
#include "sim/stats/memory_digest.h"

namespace {

using namespace gemel;

constexpr char kUsage[] =
    "usage: rtl_run CONFIG [--set KEY=VALUE]... [--events] STREAM.rocc...\n"
    "CONFIG must be the one that this program was built for, but for memory.* and host.*.\n";

void run(const std::string& path, const arch::AcceleratorConfig& config) {
  const arch::Program program = arch::make_program(arch::load_rocc(path));
  const rtl::RtlRunResult result = rtl::run_program_on_rtl(program, config);
  const sim::MemoryDigest digest = sim::digest_memory(program, result.memory);
  std::string outputs;
  for (const std::string& crc : digest.outputs) outputs += (outputs.empty() ? "" : ";") + crc;
  std::cout << program.name << " " << result.cycles << " " << digest.region << " " << (outputs.empty() ? "-" : outputs)
            << " " << result.read_requests << " " << result.write_requests << " " << result.read_beats << " "
            << result.write_beats << " "
            << static_cast<std::uint64_t>(static_cast<double>(result.total_cycles) / result.host_seconds) << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> overrides, streams;
    std::string config_name;
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      if (argument == "--set" && i + 1 < argc) {
        overrides.emplace_back(argv[++i]);
      } else if (argument == "--events") {
        rtl::print_events_to(stdout);
      } else if (config_name.empty()) {
        config_name = argument;
      } else {
        streams.push_back(argument);
      }
    }
    if (streams.empty()) throw arch::InputError(kUsage);
    const arch::AcceleratorConfig config = arch::load_accelerator_config(config_name, overrides);
    for (const std::string& stream : streams) run(stream, config);
    return 0;
  } catch (const arch::InputError& error) {
    std::cerr << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "rtl_run: " << error.what() << "\n";
    return 1;
  }
}
