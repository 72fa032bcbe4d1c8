// SPDX-License-Identifier: Apache-2.0
#pragma once
// Legal programs that press on the array side: products of both dataflows with all legal transposes, strides and ragged
// shapes, results to scratchpad and accumulator, accumulation, stores with scaling and pooling, and loads and stores
// into the rows that are being worked on.
#include <cstdint>
#include <random>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/program.h"

namespace gemel::rtl {

class RandomArrayProgram {
 public:
  RandomArrayProgram(const arch::AcceleratorConfig& config, std::uint64_t seed);

  // About `operations` products, loads and stores; ends with all of local memory that is used stored.
  arch::Program make(unsigned operations);

 private:
  struct Slot {  // 2 * dim rows of one memory
    bool accumulator;
    std::uint32_t row;
  };

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  unsigned between(unsigned least, unsigned most) { return least + below(most - least + 1); }
  bool one_in(unsigned n) { return below(n) == 0; }
  unsigned ragged() { return one_in(2) ? dim_ : between(1, dim_); }

  Slot scratchpad_slot();
  Slot accumulator_slot();
  arch::LocalBlock block(const Slot& slot, unsigned rows, unsigned cols) const;

  void push(const arch::Command& command);
  void configure_execute();
  void configure_store();
  void configure_load();
  void load();
  void store();
  void store_slot(const Slot& slot, bool full_width);
  void multiply();
  void multiply_weight_stationary();
  void multiply_output_stationary();
  arch::LocalBlock destination(unsigned rows, unsigned cols, const Slot& a, const Slot& b, const Slot& c);
  std::uint64_t output(std::uint64_t bytes);

  const arch::AcceleratorConfig& config_;
  const arch::DerivedConfig derived_;
  const unsigned dim_;
  std::mt19937_64 random_;
  arch::Program program_;
  std::uint64_t next_output_ = 0;
  arch::ConfigExecute execute_;
  arch::ConfigStore store_;
  bool has_weights_ = false;  // the active registers hold what a preload of this configuration brought
};

}  // namespace gemel::rtl
