// SPDX-License-Identifier: Apache-2.0
#pragma once
// The generator behind random_stream(): a few blocks of local memory that every command works on, so that hazards are
// the rule.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/normaliser.h"
#include "sim/cosim/random_source.h"
#include "sim/cosim/stream_builder.h"

namespace gemel::sim {

class ProgramGenerator {
 public:
  ProgramGenerator(const arch::AcceleratorConfig& config, std::uint64_t seed);
  arch::RoccStream generate();

 private:
  // How likely each kind of step is, and how many of a kind come in a row.
  struct Profile {
    std::uint32_t load, product, store, fence, idle, other;
    std::uint32_t longest_run;
  };

  void lay_out();
  void fill_memory();
  void configure_all();
  void load_working_set();
  void random_step();
  void store_working_set();
  void counter_access();
  void disturb();  // perhaps one unrelated step, between two that belong together

  // program_generator_loads.cpp
  void configure_load(unsigned state, bool plain);
  void random_mvin();
  void ensure_written(arch::LocalAddress first, std::uint32_t rows, std::uint32_t lanes);
  bool mvin_block(unsigned state, arch::LocalAddress local, std::uint32_t rows, std::uint32_t cols, bool zeros);
  std::uint64_t source_address(std::uint64_t bytes, bool wide);

  // program_generator_products.cpp
  void configure_execute();
  void random_product();
  void weight_stationary_product();
  void output_stationary_chain();
  arch::LocalBlock operand(std::uint32_t rows, std::uint32_t cols, std::uint32_t stride, bool transposed);
  arch::LocalBlock result(std::uint32_t rows, std::uint32_t cols, std::uint32_t stride);

  // program_generator_stores.cpp
  void configure_store(unsigned pool_stride, bool pooled_geometry);
  void random_mvout();
  bool mvout_block(arch::LocalAddress local, std::uint32_t rows, std::uint32_t cols);
  std::uint64_t target_address(std::uint64_t bytes);

  // program_generator_norms.cpp: where normalisations are built in
  void configure_norm();
  void emit_norm(const arch::ConfigNormalise& config);
  bool random_statistics(arch::LocalAddress local, std::uint32_t rows, std::uint32_t cols);
  bool norm_block(arch::NormCommand norm, arch::LocalAddress local, std::uint32_t rows, std::uint32_t cols);
  void prepare_activation(arch::LocalAddress local, std::uint32_t rows, std::uint32_t cols);

  arch::LocalAddress scratchpad_row(std::uint32_t rows);
  arch::LocalAddress accumulator_row(std::uint32_t rows);
  arch::LocalAddress row_near(const std::vector<std::uint32_t>& blocks, std::uint32_t rows, std::uint32_t total);
  std::uint32_t size() { return random_.size(dim_); }

  const arch::AcceleratorConfig config_;
  std::uint64_t seed_;
  RandomSource random_;
  StreamBuilder builder_;
  std::uint32_t dim_;
  Profile profile_;
  std::uint32_t steps_ = 0;
  bool in_product_ = false;
  bool scale_known_ = false;
  arch::NormaliserSettings norm_;  // as configured last
  struct StatisticsKnown {
    bool mean = false, deviation = false, sum_exponentials = false;
  };
  std::array<StatisticsKnown, arch::kStatisticsContexts> statistics_;

  std::vector<std::uint32_t> scratchpad_blocks_;  // first rows of the working set
  std::vector<std::uint32_t> accumulator_blocks_;
  std::uint64_t base_ = 0x80000000;
  std::uint64_t half_ = 0;  // inputs in the first half of memory, results in the second
};

}  // namespace gemel::sim
