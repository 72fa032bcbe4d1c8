// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/normaliser_check.h"

namespace gemel::arch {

std::optional<std::string> NormaliserCheck::configure(const ConfigNormalise& config) {
  if (const std::optional<std::string> violation = find_norm_violation(config, settings_)) return violation;
  settings_.configure(config);
  if (config.set_stats_id_only) return std::nullopt;
  has_polynomial_ = true;
  (config.is_inverse_ln2 ? has_inverse_ln2_ : has_ln2_) = true;
  return std::nullopt;
}

std::optional<std::string> NormaliserCheck::mvout(NormCommand command, bool is_small) {
  Computed& computed = computed_[settings_.context];
  const bool writes_softmax = command == NormCommand::Write && is_small && settings_.activation == Activation::Softmax;
  const bool takes_exponentials =
      command == NormCommand::SumExponentials || command == NormCommand::InverseSumExponentials || writes_softmax;
  if (takes_exponentials && !(has_polynomial_ && has_ln2_ && has_inverse_ln2_))
    return "exponentials need config_norm with qb, qc, qln2 and qln2_inv";
  switch (command) {
    case NormCommand::Write:
      if (!is_small) break;
      if (settings_.activation == Activation::Igelu && !has_polynomial_)
        return "igelu needs config_norm with qb and qc";
      if (settings_.activation == Activation::LayerNorm && !(computed.mean && computed.deviation))
        return "layernorm needs mean and inverse deviation of its context";
      if (writes_softmax && !computed.sum_exponentials)
        return "softmax needs the inverse sum of exponentials of its context";
      break;
    case NormCommand::Mean:
      computed.mean = true;
      break;
    case NormCommand::Variance:
    case NormCommand::InverseDeviation:
      if (!computed.mean) return "a variance needs the mean of its context";
      computed.deviation |= command == NormCommand::InverseDeviation;
      break;
    case NormCommand::InverseSumExponentials:
      computed.sum_exponentials = true;
      break;
    case NormCommand::Sum:
    case NormCommand::Max:
    case NormCommand::SumExponentials:
      break;
  }
  return std::nullopt;
}

}  // namespace gemel::arch
