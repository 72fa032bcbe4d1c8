// SPDX-License-Identifier: Apache-2.0
#pragma once
// Chooses scales for synthetic networks from the values that a layer really has, so that activations use most of
// int8's range at every depth. Deterministic: integers are sampled at fixed places and the rest is IEEE arithmetic.
#include <cstdint>

namespace gemel::compiler {

// Scale that takes the 99.9th percentile of the magnitudes (zeros left out) to 100; 1 where all are zero.
float calibrated_scale(const std::int32_t* sums, std::int64_t count);

// Input scale of a softmax that gives the logits of a row a standard deviation of 2, at most 1.
float calibrated_logit_scale(const std::int8_t* logits, std::int64_t rows, std::int64_t columns);

// Root mean square of the elements.
double root_mean_square(const std::int32_t* data, std::int64_t count);
double root_mean_square(const std::int8_t* data, std::int64_t count);

// Multiplier in 1..127 that makes multiplier·residual about as large as the sums.
std::int32_t calibrated_multiplier(double sums_rms, double residual_rms);

}  // namespace gemel::compiler
