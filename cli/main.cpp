// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/command.h"
#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

struct Entry {
  const char* name;
  const char* summary;
  Action (*add)(CLI::App&);
};

constexpr Entry kCommands[] = {
    {"run", "compile if needed, simulate, check the result, print where the cycles went", add_run_command},
    {"compile", "compile a workload into a program file", add_compile_command},
    {"quantize", "turn a float ONNX model into one of int8, and say how far they are apart", add_quantize_command},
    {"verify", "run an ONNX model and find the first node that computes something else", add_verify_command},
    {"asm", "text form of a program to a program file", add_asm_command},
    {"disasm", "program file to its text form", add_disasm_command},
    {"config", "print a configuration: each value and where it came from", add_config_command},
    {"cosim", "run model and RTL on the same program and compare them event by event", add_cosim_command},
    {"report", "turn statistics of a run or a sweep into a page with charts, or into text", add_report_command},
    {"sweep", "run a workload on many machines; resumable, one row a point", add_sweep_command},
    {"sweep-task", "run the points of one task of a batch job; `sweep --engine slurm` submits it",
     add_sweep_task_command},
    {"rtl", "write a configuration as a SystemVerilog package", add_rtl_command},
};

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text.replace(at, 1, "; ");
  return text;
}

int bad_input(const std::string& line) {
  std::cerr << one_line(line) << "\n";
  return kBadInput;
}

std::string known_commands() {
  std::string text;
  for (const Entry& entry : kCommands) text += (text.empty() ? "" : ", ") + std::string(entry.name);
  return text;
}

bool is_command(const std::string& name) {
  for (const Entry& entry : kCommands) {
    if (name == entry.name) return true;
  }
  return false;
}

int run(int argc, char** argv) {
  CLI::App app{"Gemel: a Gemmini-like systolic accelerator as a SystemC model, and its compiler.", "gemel"};
  app.set_version_flag("--version", "gemel " GEMEL_VERSION);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> commands;
  for (const Entry& entry : kCommands) {
    CLI::App* command = app.add_subcommand(entry.name, entry.summary);
    commands.emplace_back(command, entry.add(*command));
  }
  if (argc < 2) return bad_input("gemel: a command is needed: " + known_commands());
  const std::string first = argv[1];
  static constexpr const char* kOptions[] = {"-h", "--help", "--version"};
  if (!is_command(first) && std::find(std::begin(kOptions), std::end(kOptions), first) == std::end(kOptions)) {
    return bad_input("gemel: unknown command '" + first + "'; known: " + known_commands());
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    app.exit(success);
    return kDone;
  } catch (const CLI::ParseError& error) {
    const auto used = app.get_subcommands();
    const std::string name = "gemel" + (used.empty() ? "" : " " + used.front()->get_name());
    return bad_input(name + ": " + error.what() + "; see " + name + " --help");
  }
  for (const auto& [command, action] : commands) {
    if (command->parsed()) return action();
  }
  return bad_input("gemel: a command is needed: " + known_commands());
}

}  // namespace
}  // namespace gemel::cli

int main(int argc, char** argv) {
  using gemel::cli::bad_input;
  try {
    const int status = gemel::cli::run(argc, argv);
    std::cout.flush();
    if (!std::cout) return bad_input("gemel: the output could not be written");
    return status;
  } catch (const gemel::arch::InputError& error) {
    return bad_input(error.what());
  } catch (const std::bad_alloc&) {
    return bad_input("gemel: out of memory");
  } catch (const std::exception& error) {
    std::cerr << "gemel: internal error: " << gemel::cli::one_line(error.what()) << "\n";
    return gemel::cli::kWrongResult;
  }
}
