// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/output_file.h"
#include "sim/arch/file_io.h"
#include "sim/arch/program_file.h"
#include "sim/arch/program_text.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string input;
  std::string output;
};

}  // namespace

Action add_asm_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("TEXT", options->input, "text form of a program")->required();
  command.add_option("-o,--output", options->output, "program file to write")->type_name("P.gemel")->required();
  return [options] {
    check_output_path(options->output, options->input);
    const arch::Program program = arch::assemble(arch::load_file(options->input), options->input);
    write_output_file(options->output, arch::serialise_program(program));
    return kDone;
  };
}

Action add_disasm_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("PROGRAM", options->input, "program file (.gemel) or command stream (.rocc)")->required();
  command.add_option("-o,--output", options->output, "text file to write; default: standard output")->type_name("FILE");
  return [options] {
    if (!options->output.empty()) check_output_path(options->output, options->input);
    const std::string text = arch::disassemble(arch::load_any_program(options->input));
    if (options->output.empty()) {
      std::cout << text;
    } else {
      write_output_file(options->output, text);
    }
    return kDone;
  };
}

}  // namespace gemel::cli
