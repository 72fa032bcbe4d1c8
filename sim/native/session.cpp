// SPDX-License-Identifier: Apache-2.0
#include "sim/native/session.h"

#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/command_text.h"
#include "sim/native/command_channel.h"
#include "sim/native/fatal_signals.h"
#include "sim/native/functional_executor.h"
#include "sim/native/process_memory.h"
#include "sim/native/program_parameters.h"
#include "sim/native/run_report.h"
#include "sim/native/stream_recorder.h"
#include "sim/native/timing_model.h"

namespace gemel::sim {

namespace {

constexpr int kBadInput = 2;
constexpr int kSecondsForReport = 120;

std::string program_name() {
  const char* name = program_invocation_short_name;
  return name != nullptr && *name != '\0' ? name : "program";
}

std::string environment(const char* name, const std::string& otherwise = "") {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? text : otherwise;
}

void say(const std::string& text) { std::fprintf(stderr, "gemel: %s: %s\n", program_name().c_str(), text.c_str()); }

// Which machine: the environment's word counts more than that of the compilation.
struct MachineChoice {
  std::string config, settings;
};

MachineChoice choose(const gemel_native_program* program) {
  MachineChoice choice;
  if (program != nullptr) choice = {program->config, program->settings};
  const std::string other = environment("GEMEL_CONFIG");
  if (!other.empty() && other != choice.config) choice = {other, ""};
  if (choice.config.empty() && program != nullptr) {
    choice.config = default_machine(*program);
    const std::string needed = default_settings(*program);
    choice.settings = needed + (needed.empty() || choice.settings.empty() ? "" : ";") + choice.settings;
  }
  if (choice.config.empty()) choice.config = "gemmini_16x16";
  const std::string more = environment("GEMEL_SET");
  if (!more.empty()) choice.settings += (choice.settings.empty() ? "" : ";") + more;
  return choice;
}

// Where the stream goes: GEMEL_RECORD says it; a program compiled with --record needs nobody to say it.
std::string record_path(const gemel_native_program* program) {
  const bool records = program != nullptr && *program->record != '\0';
  return environment("GEMEL_RECORD", records ? program_name() + ".rocc" : "");
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

class Session {
 public:
  Session(arch::AcceleratorConfig config, std::string record_path)
      : config_(std::move(config)),
        memory_([](const std::string& what) { say("a command " + what); }),
        recorder_(record_path.empty() ? nullptr : std::make_unique<StreamRecorder>(memory_)),
        record_path_(std::move(record_path)),
        executor_(config_, recorder_ != nullptr ? static_cast<ExecutorMemory&>(*recorder_) : memory_),
        model_([this] { run_model(); }) {}

  const arch::AcceleratorConfig& config() const { return config_; }
  // From now on, loops of the other layout end the process.
  void refuse_loops(const std::string& why) { loops_refused_ = why; }

  void command(const arch::Command& command) {
    execute(command);
    if (recorder_ != nullptr) recorder_->command(command, false);
    channel_.push({NativeStepKind::Command, command});
    if (channel_.stopped()) fail_with_model();
  }
  std::uint64_t answered_command(const arch::Command& command) {
    execute(command);
    if (recorder_ != nullptr) recorder_->command(command, true);
    return ask({NativeStepKind::AnsweredCommand, command});
  }
  void fence() {
    if (recorder_ != nullptr) recorder_->fence();
    channel_.push({NativeStepKind::Fence, {}});
  }
  std::uint64_t clock() {
    if (recorder_ != nullptr) recorder_->clock_read();
    return ask({NativeStepKind::ReadClock, {}});
  }

  // Drains, writes the report. Once.
  void finish() {
    if (!model_.joinable()) return;
    channel_.ask({NativeStepKind::End, {}});
    model_.join();
    if (error_ != nullptr && !failing_) say_error();
  }
  // The same where the program was killed by a signal: what can still be said is said by the model's thread.
  void finish_after_signal() { channel_.end_now(kSecondsForReport); }

 private:
  std::uint64_t ask(const NativeStep& step) {
    const std::uint64_t value = channel_.ask(step);
    if (channel_.stopped()) fail_with_model();
    return value;
  }

  void execute(const arch::Command& command) {
    const FloatingPointGuard guard;
    ++commands_;
    try {
      if (!loops_refused_.empty() && is_other_loop(command)) throw std::invalid_argument(loops_refused_);
      executor_.execute(command);
    } catch (const std::invalid_argument& error) {
      failing_ = true;
      say("command " + std::to_string(commands_ - 1) + " (" + arch::describe(command, config_.isa_version) +
          "): " + error.what());
      std::exit(kBadInput);  // the report follows
    }
  }

  // One that the machine would read in the wrong layout. The older LOOP_WS means the same in the later.
  bool is_other_loop(const arch::Command& command) const {
    return command.funct == static_cast<std::uint8_t>(arch::Funct::LoopConvWs) ||
           (command.funct == static_cast<std::uint8_t>(arch::Funct::LoopWs) &&
            config_.isa_version == arch::IsaVersion::GemminiV07);
  }

  void run_model() {
    try {
      NativeTiming timing = run_timing(channel_, config_);
      timing.statistics.macs = executor_.macs();
      write_run_report(program_name(), config_, timing.statistics, executor_.plain_commands(), memory_.strays());
      if (recorder_ != nullptr)
        write_text_file(record_path_, recorder_->text(program_name(), config_.isa_version, timing.answer_waits));
    } catch (...) {
      error_ = std::current_exception();
    }
    channel_.stop();
  }

  void say_error() {
    try {
      std::rethrow_exception(error_);
    } catch (const std::exception& error) {
      say(error.what());
    }
  }
  [[noreturn]] void fail_with_model() {
    failing_ = true;
    model_.join();
    say_error();
    std::exit(kBadInput);
  }

  // The program may have switched flush-to-zero on for the whole process.
  class FloatingPointGuard {
   public:
    FloatingPointGuard() : saved_(__builtin_ia32_stmxcsr()) {
      if (saved_ != kDefault) __builtin_ia32_ldmxcsr(kDefault);
    }
    ~FloatingPointGuard() {
      if (saved_ != kDefault) __builtin_ia32_ldmxcsr(saved_);
    }

   private:
    static constexpr unsigned kDefault = 0x1F80;
    unsigned saved_;
  };

  arch::AcceleratorConfig config_;
  ProcessMemory memory_;
  std::unique_ptr<StreamRecorder> recorder_;  // nullptr: nothing is recorded
  std::string record_path_;
  CommandChannel channel_;
  FunctionalExecutor executor_;
  std::uint64_t commands_ = 0;
  std::string loops_refused_;  // why; "" where they may run
  std::exception_ptr error_;
  bool failing_ = false;
  std::thread model_;
};

Session* session = nullptr;  // lives as long as the process
const gemel_native_program* declared = nullptr;
bool forked = false;

void start(const gemel_native_program* program) {
  const MachineChoice choice = choose(program);
  try {
    session = new Session(arch::load_accelerator_config(choice.config, split(choice.settings)), record_path(program));
  } catch (const std::exception& error) {
    say(error.what());
    std::_Exit(kBadInput);
  }
  std::atexit([] {
    if (!forked) session->finish();
  });
  pthread_atfork(nullptr, nullptr, [] { forked = true; });
  on_fatal_signals([] {
    if (!forked) session->finish_after_signal();
  });
}

Session& running() {
  if (session == nullptr) start(declared);
  if (forked) {
    say("a command after fork(); the accelerator belongs to the parent process");
    std::_Exit(kBadInput);
  }
  return *session;
}

}  // namespace

void native_declare(const gemel_native_program& program) {
  if (program.bytes != sizeof(gemel_native_program)) {
    say("compiled with another version of gemel_native.h; compile it again");
    std::_Exit(kBadInput);
  }
  declared = &program;
  const std::string mismatch = find_mismatch(program, running().config());
  if (mismatch.empty()) return running().refuse_loops(find_loop_mismatch(program, running().config()));
  say("does not fit the machine " + running().config().name + ": " + mismatch +
      "; choose another with GEMEL_CONFIG, or compile for this one with --machine-params");
  std::_Exit(kBadInput);
}

void native_command(const arch::Command& command) { running().command(command); }
std::uint64_t native_answered_command(const arch::Command& command) { return running().answered_command(command); }
void native_fence() { running().fence(); }
std::uint64_t native_clock() { return running().clock(); }

}  // namespace gemel::sim
