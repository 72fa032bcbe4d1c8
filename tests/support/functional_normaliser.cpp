// SPDX-License-Identifier: Apache-2.0
#include "tests/support/functional_normaliser.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/arch/numerics.h"

namespace gemel::test_support {

namespace {

constexpr std::int64_t kTwo32 = std::int64_t{1} << 32;

// What 32 bits hold of a number, however large.
std::int64_t wrap(std::int64_t value) {
  std::int64_t rest = value % kTwo32;
  if (rest < 0) rest += kTwo32;
  return rest >= kTwo32 / 2 ? rest - kTwo32 : rest;
}
// Of two that 32 bits hold.
std::int64_t wrapped_product(std::int64_t a, std::int64_t b) { return wrap(a * b); }

std::int8_t scaled(std::int64_t value, float scale) {
  return arch::saturate_to_int8(static_cast<float>(static_cast<std::int32_t>(value)) * scale);
}

}  // namespace

std::int32_t oracle_igelu(std::int64_t q, std::int64_t qb, std::int64_t qc) {
  const std::int64_t magnitude = q < 0 ? wrap(-q) : q;
  const std::int64_t clipped = magnitude > wrap(-qb) ? wrap(-qb) : magnitude;
  const std::int64_t d = wrap(clipped + qb);
  const std::int64_t polynomial = wrap(wrapped_product(d, d) + qc);
  const std::int64_t error_function = q < 0 ? wrap(-polynomial) : polynomial;
  return static_cast<std::int32_t>(wrapped_product(q, wrap(error_function + qc)));
}

std::int32_t oracle_iexp(std::int64_t q, std::int64_t qb, std::int64_t qc, std::int64_t qln2, std::int64_t qln2_inv) {
  // floor(-q * qln2_inv / 2^16), and of that what 32 bits hold.
  const std::int64_t product = wrap(-q) * qln2_inv;
  const std::int64_t z = wrap(product >= 0 ? product / 65536 : -((-product + 65535) / 65536));
  if (z < 0 || z >= 32) return 0;
  const std::int64_t d = wrap(wrap(q + wrapped_product(z, qln2)) + qb);
  const std::int64_t polynomial = wrap(wrapped_product(d, d) + qc);
  return static_cast<std::int32_t>(std::floor(std::ldexp(static_cast<long double>(polynomial), static_cast<int>(-z))));
}

void FunctionalNormaliser::config_norm(const arch::ConfigNormalise& config) {
  if (config.stats_id > 3) throw std::invalid_argument("there are four statistics contexts");
  id_ = config.stats_id;
  if (config.set_stats_id_only) return;
  qb_ = config.qb;
  qc_ = config.qc;
  if (config.is_inverse_ln2)
    qln2_inv_ = config.q_const;
  else
    qln2_ = config.q_const;
  activation_ = activation_ % 4 + (config.activation_msb ? 4 : 0);
  if (activation_ > 4) throw std::invalid_argument("activation " + std::to_string(activation_) + " does not exist");
}

bool FunctionalNormaliser::block(unsigned norm, bool is_last_of_row, const std::int32_t* row, std::uint32_t lanes) {
  enum { kWrite, kSum, kMean, kVariance, kInverseDeviation, kMax, kSumExp, kInverseSumExp };
  Context& c = contexts_[id_];
  if (c.reset) {
    c.sum = c.count = 0;
    c.running_max = INT32_MIN;
  }
  const bool finishes = is_last_of_row && (norm == kMean || norm == kInverseDeviation);
  c.reset = norm == kWrite || finishes;
  for (std::uint32_t i = 0; i < lanes; ++i) {
    const std::int64_t x = row[i];
    if (norm == kSum || norm == kMean) c.sum = wrap(c.sum + x);
    if (norm == kVariance || norm == kInverseDeviation)
      c.sum = wrap(c.sum + wrapped_product(wrap(x - c.mean), wrap(x - c.mean)));
    if (norm == kMax) c.running_max = std::max(c.running_max, x);
    if (norm == kSumExp || norm == kInverseSumExp) {
      c.max = c.running_max;
      c.sum = wrap(c.sum + exponential(wrap(x - c.max)));
    }
  }
  if (norm >= kSum && norm <= kInverseDeviation) c.count += lanes;
  if (finishes) {
    const std::int64_t quotient = c.sum < 0 ? -(-c.sum / c.count) : c.sum / c.count;
    if (norm == kMean) {
      c.mean = quotient;
    } else {
      std::int64_t root = 0;
      while (quotient > 0 && (root + 1) * (root + 1) <= quotient) ++root;
      if (quotient == 0) root = 1;
      if (quotient < 0) root = INT32_MAX;
      c.inverse_deviation = 1.0f / static_cast<float>(root);
    }
  }
  if (norm == kInverseSumExp && is_last_of_row) {
    c.running_max = INT32_MIN;
    c.inverse_sum = c.sum == 0 ? HUGE_VALF : 127.0f / static_cast<float>(c.sum);
  }
  return norm == kWrite;
}

std::int8_t FunctionalNormaliser::value(std::int32_t x, float scale) const {
  const Context& c = contexts_[id_];
  switch (activation_) {
    case 0:
      return scaled(x, scale);
    case 1:
      return scaled(x > 0 ? x : 0, scale);
    case 2: {
      const auto distance = static_cast<std::int32_t>(wrap(x - c.mean));
      const float quotient = static_cast<float>(distance) * c.inverse_deviation;
      return scaled(quotient >= 2147483648.0f ? INT32_MAX : static_cast<std::int64_t>(std::trunc(quotient)), scale);
    }
    case 3:
      return scaled(oracle_igelu(x, qb_, qc_), scale);
    default:
      return scaled(scaled(exponential(wrap(x - c.max)), c.inverse_sum), scale);
  }
}

}  // namespace gemel::test_support
