// SPDX-License-Identifier: Apache-2.0
#pragma once
// Normalising activations of results, exact: integer GELU, layer normalisation, softmax, and the statistics that the
// latter two need. As Gemmini's functional model defines them; docs/isa.md, section 13, has the formulas and says what
// holds where that model leaves C's arithmetic undefined.
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "sim/arch/isa.h"
#include "sim/arch/numerics.h"

namespace gemel::arch {

constexpr unsigned kStatisticsContexts = 4;

// Bits 28:26 of the local address of an accumulator mvout.
enum class NormCommand : std::uint8_t {
  Write = 0,  // goes to memory; the statistics start anew behind it
  Sum,
  Mean,
  Variance,
  InverseDeviation,
  Max,
  SumExponentials,
  InverseSumExponentials,
};

inline NormCommand norm_command(LocalAddress address) { return static_cast<NormCommand>(address.bits() >> 26 & 7); }
// An mvout that is read for statistics and reaches no memory.
inline bool is_statistics(const Mvout& mvout, const ConfigStore& store, const AcceleratorConfig& config) {
  return config.normalisations && mvout.local.address.is_accumulator() && store.pool_stride == 0 &&
         norm_command(mvout.local.address) != NormCommand::Write;
}
// What a block does that is not the last of its row: the result is due at the row's end.
NormCommand before_last_block(NormCommand command);

// Integers of the approximating polynomials: igelu and exponentials use qb and qc, exponentials also ln 2 and its
// inverse.
struct NormaliserConstants {
  std::int32_t qb = 0;
  std::int32_t qc = 0;
  std::int32_t qln2 = 0;
  std::int32_t qln2_inv = 0;
};

std::int32_t igelu(std::int32_t q, const NormaliserConstants& constants);
std::int32_t iexp(std::int32_t q, const NormaliserConstants& constants);

// One context.
class Statistics {
 public:
  // A block of `n` elements of the row at hand.
  void take(NormCommand command, const std::int32_t* row, unsigned n, const NormaliserConstants& constants);

  std::int32_t mean() const { return mean_; }
  std::int32_t max() const { return max_; }
  float inverse_deviation() const { return inverse_deviation_; }
  float inverse_sum_exponentials() const { return inverse_sum_exponentials_; }

 private:
  static constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();

  bool restarts_ = true;
  std::int32_t sum_ = 0;
  std::uint32_t count_ = 0;
  std::int32_t running_max_ = kLeast;
  std::int32_t mean_ = 0;
  std::int32_t max_ = kLeast;
  float inverse_deviation_ = 0;
  float inverse_sum_exponentials_ = 0;
};

// What config_st and config_norm leave for the mvouts behind them.
struct NormaliserSettings {
  Activation activation = Activation::None;
  std::uint8_t context = 0;
  NormaliserConstants constants;

  // config_st: the low two bits of the activation, and clears the third.
  void configure(const ConfigStore& config) { activation = static_cast<Activation>(config.activation); }
  // A violation must have been ruled out.
  void configure(const ConfigNormalise& config);
};

// Why a machine with normalisations does not take the command, or nothing.
std::optional<std::string> find_norm_violation(const ConfigNormalise& config, const NormaliserSettings& before);

// The 32-bit value that is then scaled to 8 bits.
std::int32_t normalised(std::int32_t value, const NormaliserSettings& settings, const Statistics& statistics);
// accumulator_scale_row() with any activation.
void normalised_scale_row(const std::int32_t* in, std::int8_t* out, unsigned n, float scale,
                          const NormaliserSettings& settings, const Statistics& statistics);

}  // namespace gemel::arch
