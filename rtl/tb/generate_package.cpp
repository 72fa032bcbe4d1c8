// SPDX-License-Identifier: Apache-2.0
// generate_package CONFIG FILE [KEY=VALUE]...: writes accelerator_pkg.sv. A build tool; for people there is `gemel
// rtl`.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/file_io.h"
#include "sim/arch/systemverilog_package.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: generate_package CONFIG FILE [KEY=VALUE]...\n";
    return 2;
  }
  try {
    const std::vector<std::string> overrides(argv + 3, argv + argc);
    gemel::arch::save_file(
        argv[2], gemel::arch::systemverilog_package(gemel::arch::load_accelerator_config(argv[1], overrides)));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
