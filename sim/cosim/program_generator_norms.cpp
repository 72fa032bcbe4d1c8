// SPDX-License-Identifier: Apache-2.0
// Random constants and statistics of the normalising activations.
#include <algorithm>

#include "sim/cosim/program_generator.h"

namespace gemel::sim {

using arch::Activation;
using arch::LocalAddress;
using arch::NormCommand;

void ProgramGenerator::emit_norm(const arch::ConfigNormalise& config) {
  builder_.emit(arch::encode_config_normalise(config));
  norm_.configure(config);
}

// Both kinds of constants, perhaps another context, perhaps softmax.
void ProgramGenerator::configure_norm() {
  arch::ConfigNormalise config;
  config.stats_id = static_cast<std::uint8_t>(random_.below(arch::kStatisticsContexts));
  const std::int32_t step = static_cast<std::int32_t>(random_.pick<std::uint32_t>({1, 20, 300, 50000}));  // 1 / scale
  const auto wild = [&] { return static_cast<std::int32_t>(random_.next() >> 32); };
  const bool is_wild = random_.percent(15);
  // Of igelu and of the exponential, for that scale.
  const bool of_gelu = random_.percent(50);
  config.qb = is_wild ? wild() : of_gelu ? -step * 9 / 5 : step * 27 / 20;
  config.qc = is_wild ? wild() : of_gelu ? step / 4 * -(step / 3) : step * 9 / 10 * (step % 40000);
  const std::int32_t qln2 = is_wild ? wild() : std::max(1, step * 7 / 10);
  config.activation_msb = (static_cast<unsigned>(norm_.activation) & 3) == 0 && random_.percent(60);
  const bool inverse_first = random_.percent(50);
  for (const bool inverse : {inverse_first, !inverse_first}) {
    config.is_inverse_ln2 = inverse;
    config.q_const = inverse ? (is_wild ? wild() : 65536 / qln2) : qln2;
    emit_norm(config);
  }
}

// A row of statistics; false where nothing was emitted.
bool ProgramGenerator::norm_block(NormCommand norm, LocalAddress local, std::uint32_t rows, std::uint32_t cols) {
  const LocalAddress address(local.bits() | static_cast<std::uint32_t>(norm) << 26);
  if (!mvout_block(address, rows, cols)) return false;
  StatisticsKnown& known = statistics_[norm_.context];
  known.mean |= norm == NormCommand::Mean;
  known.deviation |= norm == NormCommand::InverseDeviation;
  known.sum_exponentials |= norm == NormCommand::InverseSumExponentials;
  return true;
}

bool ProgramGenerator::random_statistics(LocalAddress local, std::uint32_t rows, std::uint32_t cols) {
  if (builder_.store().pool_stride != 0) return false;
  if (random_.percent(30)) {
    arch::ConfigNormalise other;
    other.stats_id = static_cast<std::uint8_t>(random_.below(arch::kStatisticsContexts));
    other.set_stats_id_only = true;
    emit_norm(other);
  }
  const bool has_mean = statistics_[norm_.context].mean;
  const NormCommand norm =
      random_.pick({NormCommand::Sum, NormCommand::Mean, NormCommand::Max, NormCommand::SumExponentials,
                    NormCommand::InverseSumExponentials, has_mean ? NormCommand::Variance : NormCommand::Mean,
                    has_mean ? NormCommand::InverseDeviation : NormCommand::Sum});
  return norm_block(norm, local, rows, cols);
}

// Whatever the activation in force still lacks of its context; none where that cannot be had here.
void ProgramGenerator::prepare_activation(LocalAddress local, std::uint32_t rows, std::uint32_t cols) {
  const StatisticsKnown& known = statistics_[norm_.context];
  const bool can = builder_.store().pool_stride == 0;
  bool is_ready = true;
  if (norm_.activation == Activation::LayerNorm && !(known.mean && known.deviation)) {
    is_ready = can && norm_block(NormCommand::Mean, local, rows, cols) &&
               norm_block(NormCommand::InverseDeviation, local, rows, cols);
  } else if (norm_.activation == Activation::Softmax && !known.sum_exponentials) {
    is_ready = can && norm_block(NormCommand::Max, local, rows, cols) &&
               norm_block(NormCommand::InverseSumExponentials, local, rows, cols);
  }
  if (is_ready) return;
  arch::ConfigStore config = builder_.store();
  config.activation = 0;
  builder_.emit(arch::encode_config_store(config));
  norm_.configure(config);
}

}  // namespace gemel::sim
