// SPDX-License-Identifier: Apache-2.0
#pragma once
// Builds the Verilated twin of a configuration: generated package, verilator, C++ compiler; a shared object with the
// interface of twin_abi.h. Built once for each content: the cache directory is $GEMEL_CACHE_DIR, else
// $XDG_CACHE_HOME/gemel, else ~/.cache/gemel, and an entry's name is a hash of everything that goes in.
#include <functional>
#include <string>

#include "sim/arch/accelerator_config.h"

namespace gemel::sim {

struct TwinOptions {
  bool waves = false;  // can write waveforms; slower
  // Compiles in a fraction of the time and runs slower; for short programs.
  bool quick = false;
  // Told what is going on while a twin is built; never called where the cache has it.
  std::function<void(const std::string&)> progress;
};

// Path of the shared object. Throws arch::InputError where verilator or a compiler is missing, or the cache cannot be
// written; std::runtime_error with the tools' last lines where they fail.
std::string build_twin(const arch::AcceleratorConfig& config, const TwinOptions& options = {});

}  // namespace gemel::sim
