// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/normaliser.h"

#include <algorithm>
#include <cmath>

namespace gemel::arch {

namespace {

// int32 arithmetic that wraps.
std::int32_t wrapped(std::uint32_t value) { return static_cast<std::int32_t>(value); }
std::uint32_t bits(std::int32_t value) { return static_cast<std::uint32_t>(value); }
std::int32_t plus(std::int32_t a, std::int32_t b) { return wrapped(bits(a) + bits(b)); }
std::int32_t minus(std::int32_t a, std::int32_t b) { return wrapped(bits(a) - bits(b)); }
std::int32_t times(std::int32_t a, std::int32_t b) { return wrapped(bits(a) * bits(b)); }

// Towards zero, saturating. Never NaN here.
std::int32_t truncate(float value) {
  constexpr float kLimit = 2147483648.0f;
  if (value >= kLimit) return std::numeric_limits<std::int32_t>::max();
  if (value < -kLimit) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(value);
}

// Of a variance that wrapped below zero: what the RTL's converter makes of a square root that is not a number.
std::int32_t deviation(std::int32_t variance) {
  if (variance < 0) return std::numeric_limits<std::int32_t>::max();
  if (variance == 0) return 1;
  return static_cast<std::int32_t>(std::sqrt(static_cast<double>(variance)));
}

bool is_normalising(Activation activation) { return activation > Activation::Relu; }

}  // namespace

NormCommand before_last_block(NormCommand command) {
  switch (command) {
    case NormCommand::Mean:
      return NormCommand::Sum;
    case NormCommand::InverseDeviation:
      return NormCommand::Variance;
    case NormCommand::InverseSumExponentials:
      return NormCommand::SumExponentials;
    default:
      return command;
  }
}

std::int32_t igelu(std::int32_t q, const NormaliserConstants& c) {
  const std::int32_t limit = minus(0, c.qb);
  const std::int32_t distance = plus(std::min(q < 0 ? minus(0, q) : q, limit), c.qb);
  const std::int32_t polynomial = plus(times(distance, distance), c.qc);
  return times(q, plus(q < 0 ? minus(0, polynomial) : polynomial, c.qc));
}

std::int32_t iexp(std::int32_t q, const NormaliserConstants& c) {
  const std::int64_t product = std::int64_t{minus(0, q)} * c.qln2_inv;
  const auto halvings = static_cast<std::int32_t>(product >> 16);
  if (halvings < 0 || halvings > 31) return 0;
  const std::int32_t distance = plus(plus(q, times(halvings, c.qln2)), c.qb);
  return plus(times(distance, distance), c.qc) >> halvings;
}

void Statistics::take(NormCommand command, const std::int32_t* row, unsigned n, const NormaliserConstants& constants) {
  if (restarts_) {
    sum_ = 0;
    count_ = 0;
    running_max_ = kLeast;
  }
  restarts_ = command == NormCommand::Write || command == NormCommand::Mean || command == NormCommand::InverseDeviation;
  const auto add_each = [&](auto&& function) {
    for (unsigned i = 0; i < n; ++i) sum_ = plus(sum_, function(row[i]));
  };
  switch (command) {
    case NormCommand::Write:
      break;
    case NormCommand::Sum:
    case NormCommand::Mean:
      add_each([](std::int32_t x) { return x; });
      count_ += n;
      break;
    case NormCommand::Variance:
    case NormCommand::InverseDeviation:
      add_each([this](std::int32_t x) { return times(minus(x, mean_), minus(x, mean_)); });
      count_ += n;
      break;
    case NormCommand::Max:
      running_max_ = std::max(running_max_, *std::max_element(row, row + n));
      break;
    case NormCommand::SumExponentials:
    case NormCommand::InverseSumExponentials:
      max_ = running_max_;
      add_each([&](std::int32_t x) { return iexp(minus(x, max_), constants); });
      break;
  }
  if (command == NormCommand::Mean) {
    mean_ = static_cast<std::int32_t>(sum_ / std::int64_t{count_});
  } else if (command == NormCommand::InverseDeviation) {
    const auto variance = static_cast<std::int32_t>(sum_ / std::int64_t{count_});
    inverse_deviation_ = 1.0f / static_cast<float>(deviation(variance));
  } else if (command == NormCommand::InverseSumExponentials) {
    running_max_ = kLeast;
    inverse_sum_exponentials_ = 127.0f / static_cast<float>(sum_);  // infinite for a sum of 0
  }
}

void NormaliserSettings::configure(const ConfigNormalise& config) {
  context = config.stats_id;
  if (config.set_stats_id_only) return;
  activation = static_cast<Activation>((config.activation_msb ? 4u : 0u) | (static_cast<unsigned>(activation) & 3u));
  constants.qb = config.qb;
  constants.qc = config.qc;
  (config.is_inverse_ln2 ? constants.qln2_inv : constants.qln2) = config.q_const;
}

std::optional<std::string> find_norm_violation(const ConfigNormalise& config, const NormaliserSettings& before) {
  if (config.stats_id >= kStatisticsContexts)
    return "config_norm: there is no statistics context " + std::to_string(config.stats_id) + "; use 0 to " +
           std::to_string(kStatisticsContexts - 1);
  if (!config.set_stats_id_only && config.activation_msb && (static_cast<unsigned>(before.activation) & 3u) != 0)
    return "config_norm: the third bit of the activation needs a config_st with activation 0 before it; together they "
           "are softmax";
  return std::nullopt;
}

std::int32_t normalised(std::int32_t value, const NormaliserSettings& settings, const Statistics& statistics) {
  switch (settings.activation) {
    case Activation::None:
      return value;
    case Activation::Relu:
      return std::max(value, 0);
    case Activation::LayerNorm:
      return truncate(static_cast<float>(minus(value, statistics.mean())) * statistics.inverse_deviation());
    case Activation::Igelu:
      return igelu(value, settings.constants);
    case Activation::Softmax:
      return accumulator_scale(iexp(minus(value, statistics.max()), settings.constants),
                               statistics.inverse_sum_exponentials(), Activation::None);
  }
  return value;
}

void normalised_scale_row(const std::int32_t* in, std::int8_t* out, unsigned n, float scale,
                          const NormaliserSettings& settings, const Statistics& statistics) {
  if (!is_normalising(settings.activation)) {
    accumulator_scale_row(in, out, n, scale, settings.activation);
    return;
  }
  for (unsigned i = 0; i < n; ++i)
    out[i] = accumulator_scale(normalised(in[i], settings, statistics), scale, Activation::None);
}

}  // namespace gemel::arch
