// SPDX-License-Identifier: Apache-2.0
#pragma once
// Normalising activations and their statistics, element by element and in the widest numbers that hold them: the oracle
// of sim/arch/normaliser.h, which it shares nothing with but the commands' decoders. Rules: docs/isa.md, section 13.
#include <array>
#include <cstdint>

#include "sim/arch/isa.h"

namespace gemel::test_support {

// As C computes it on a machine whose int wraps.
std::int32_t oracle_igelu(std::int64_t q, std::int64_t qb, std::int64_t qc);
std::int32_t oracle_iexp(std::int64_t q, std::int64_t qb, std::int64_t qc, std::int64_t qln2, std::int64_t qln2_inv);

class FunctionalNormaliser {
 public:
  void config_store(const arch::ConfigStore& config) { activation_ = config.activation; }
  void config_norm(const arch::ConfigNormalise& config);

  // One block of a row, as an mvout hands it over; `norm` are bits 28:26 of its address. True where it goes to memory.
  bool block(unsigned norm, bool is_last_of_row, const std::int32_t* row, std::uint32_t lanes);
  // Blocks went to memory.
  void wrote() { contexts_[id_].reset = true; }
  // What goes to memory of an 8-bit read.
  std::int8_t value(std::int32_t x, float scale) const;

 private:
  struct Context {
    bool reset = true;
    std::int64_t sum = 0, count = 0, running_max = 0, mean = 0, max = INT32_MIN;
    float inverse_deviation = 0, inverse_sum = 0;
  };
  std::int32_t exponential(std::int64_t q) const { return oracle_iexp(q, qb_, qc_, qln2_, qln2_inv_); }

  std::array<Context, 4> contexts_;
  unsigned activation_ = 0, id_ = 0;
  std::int64_t qb_ = 0, qc_ = 0, qln2_ = 0, qln2_inv_ = 0;
};

}  // namespace gemel::test_support
