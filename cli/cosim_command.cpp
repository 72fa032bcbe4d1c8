// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <random>

#include "cli/command.h"
#include "cli/config_options.h"
#include "cli/output_file.h"
#include "cli/progress_line.h"
#include "cli/work.h"
#include "sim/arch/input_error.h"
#include "sim/arch/rocc_stream.h"
#include "sim/cosim/compare.h"
#include "sim/cosim/first_layers.h"
#include "sim/cosim/program_generator_loops.h"
#include "sim/cosim/program_shrinker.h"
#include "sim/cosim/random_program.h"
#include "sim/cosim/random_surroundings.h"
#include "sim/cosim/run_rtl.h"
#include "sim/cosim/twin_builder.h"
#include "sim/stats/quantity_text.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string work;
  ConfigOptions config;
  std::size_t layers = 0;  // 0: all
  std::uint64_t random = 0;
  std::uint64_t seed = 0;
  bool has_seed = false;
  bool loops = false;  // random programs of loop instructions only
  std::string waves;
  std::string save;
};

// Cycles before and after the first difference that a waveform shows.
constexpr sim::Cycle kWavesBefore = 400;
constexpr sim::Cycle kWavesAfter = 100;
constexpr unsigned kMostShrinkRuns = 400;

void check_options(const Options& options) {
  if (options.work.empty() == (options.random == 0)) {
    throw arch::InputError("gemel cosim: name either a program (workload, .gemel, .rocc) or --random N");
  }
  if (options.layers > 0 && options.random > 0) throw arch::InputError("--layers: it belongs to a compiled workload");
  if (options.has_seed && options.random == 0) throw arch::InputError("--seed: it belongs to --random N");
  if (options.loops && options.random == 0) throw arch::InputError("--loops: it belongs to --random N");
  if (!options.save.empty() && options.random == 0) throw arch::InputError("--save: it belongs to --random N");
  if (!options.waves.empty()) check_output_path(options.waves, options.work);
  if (!options.save.empty()) check_output_path(options.save);
}

class CosimSession {
 public:
  CosimSession(const Options& options, const arch::AcceleratorConfig& config) : options_(options), config_(config) {}

  int run_work() {
    progress_.show("compiling " + options_.work);
    Work work = load_work(options_.work, find_work_kind(options_.work), config_);
    cut(work);
    twin_ = build(false);
    progress_.show("running " + work.name + " on model and RTL");
    sim::Comparison result;
    try {
      result = sim::compare_bodies(twin_, work.program, config_);
    } catch (const std::invalid_argument& error) {
      throw arch::InputError(options_.work + ": " + error.what());
    }
    progress_.clear();
    if (result.difference) return report(*result.difference, work.program, config_);
    std::cout << work.name;
    if (options_.layers > 0) std::cout << ", first " << options_.layers << " layers,";
    std::cout << " on " << config_.name << ": no difference in " << sim::grouped_text(result.rtl.cycles) << " cycles, "
              << sim::grouped_text(result.rtl.commands) << " commands; model " << speed(result.model) << ", RTL "
              << speed(result.rtl) << "\n";
    return kDone;
  }

  int run_random() {
    const std::uint64_t first = options_.has_seed ? options_.seed : std::random_device{}() & 0xFFFFFFu;
    sim::Cycle cycles = 0;
    if (options_.loops && !sim::has_loop_programs(config_)) {
      throw arch::InputError("--loops: " + config_.name +
                             " has no weight-stationary dataflow, or memories too small for the blocks of a loop");
    }
    twin_ = build(false);
    for (std::uint64_t i = 0; i < options_.random; ++i) {
      const std::uint64_t seed = first + i;
      if (progress_.is_due()) {
        progress_.show("program " + std::to_string(i + 1) + " of " + std::to_string(options_.random) + ", seed " +
                       std::to_string(seed));
      }
      arch::AcceleratorConfig config = config_;
      sim::draw_surroundings(config, seed, options_.config.overrides);
      const arch::RoccStream stream =
          options_.loops ? sim::random_loop_stream(config, seed) : sim::random_stream_or_loops(config, seed);
      sim::Comparison result;
      try {
        result = compare(stream, config);
      } catch (const std::invalid_argument& error) {
        progress_.clear();
        throw std::runtime_error("seed " + std::to_string(seed) + " on " + config.name +
                                 ": the model refuses a legal program: " + error.what());
      }
      cycles += result.rtl.cycles;
      if (result.difference) return report_random(seed, stream, config);
    }
    progress_.clear();
    std::cout << options_.random << " random programs" << (options_.loops ? " of loops" : "") << " on " << config_.name
              << ", seeds " << first << " to " << first + options_.random - 1 << ": no difference in "
              << sim::grouped_text(cycles) << " cycles\n";
    return kDone;
  }

 private:
  static std::string speed(const sim::RunStatistics& statistics) {
    return sim::short_text(static_cast<double>(statistics.cycles) / std::max(statistics.host_seconds, 1e-9)) +
           " cycles/s";
  }

  std::string build(bool waves) {
    sim::TwinOptions twin;
    twin.waves = waves;
    twin.progress = [&](const std::string& text) { progress_.show(text); };
    const std::string path = sim::build_twin(config_, twin);
    progress_.clear();
    return path;
  }

  void cut(Work& work) const {
    if (options_.layers == 0) return;
    try {
      work.program = sim::first_layers(work.program, options_.layers);
    } catch (const std::invalid_argument& error) {
      throw arch::InputError("--layers " + std::to_string(options_.layers) + ": " + options_.work + ": " +
                             error.what());
    }
  }

  sim::Comparison compare(const arch::RoccStream& stream, const arch::AcceleratorConfig& config) const {
    return sim::compare_bodies(twin_, arch::make_program(stream), config);
  }

  int report_random(std::uint64_t seed, const arch::RoccStream& stream, const arch::AcceleratorConfig& config) {
    progress_.show("seed " + std::to_string(seed) + " differs; looking for a smaller program");
    const arch::RoccStream small = sim::shrink(
        stream, config,
        [&](const arch::RoccStream& candidate) {
          try {
            return compare(candidate, config).difference.has_value();
          } catch (const std::invalid_argument&) {
            return false;
          }
        },
        kMostShrinkRuns);
    progress_.clear();
    const arch::Program program = arch::make_program(small);
    const sim::Comparison result = sim::compare_bodies(twin_, program, config);
    std::cout << "seed " << seed << " on " << config.name << " " << sim::surroundings_text(config, config_)
              << ", shrunk to " << small.steps.size() << " of " << stream.steps.size() << " steps\n";
    const int status = result.difference ? report(*result.difference, program, config) : int{kWrongResult};
    if (options_.save.empty()) {
      std::cout << arch::write_rocc(small);
    } else {
      write_output_file(options_.save, arch::write_rocc(small));
      std::cout << "program: " << options_.save << "\n";
    }
    return status;
  }

  int report(const sim::Difference& difference, const arch::Program& program, const arch::AcceleratorConfig& config) {
    std::cout << sim::difference_text(difference);
    if (!options_.waves.empty()) {
      const std::string traced = build(true);
      sim::WaveWindow window;
      window.file = options_.waves;
      window.first = difference.cycle > kWavesBefore ? difference.cycle - kWavesBefore : 0;
      window.last = difference.cycle + kWavesAfter;
      sim::RtlRunOptions run;
      run.waves = &window;
      sim::run_program_on_rtl(traced, program, config, run);
      std::cout << "waveforms of cycles " << window.first << " to " << window.last << ": " << options_.waves << "\n";
    }
    return kWrongResult;
  }

  const Options& options_;
  const arch::AcceleratorConfig config_;
  ProgressLine progress_;
  std::string twin_;
};

int run_cosim(const Options& options) {
  check_options(options);
  CosimSession session(options, options.config.resolve().config);
  return options.random > 0 ? session.run_random() : session.run_work();
}

}  // namespace

Action add_cosim_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("WORK", options->work, "workload (.yaml), program (.gemel) or command stream (.rocc)");
  options->config.add_to(command);
  command.add_option("--layers", options->layers, "only the first layers of a workload or compiled program")
      ->type_name("N");
  command.add_option("--random", options->random, "compare this many random programs instead")->type_name("N");
  command.add_flag("--loops", options->loops, "random programs of loop instructions only (else one in six)");
  CLI::Option* seed =
      command.add_option("--seed", options->seed, "of the first random program (default: another each time)");
  command.add_option("--waves", options->waves, "write the RTL's waveforms around the first difference")
      ->type_name("FILE.fst");
  command
      .add_option("--save", options->save,
                  "write the smallest random program that differs here, instead of printing it")
      ->type_name("FILE.rocc");
  return [options, seed] {
    options->has_seed = seed->count() > 0;
    return run_cosim(*options);
  };
}

}  // namespace gemel::cli
