// SPDX-License-Identifier: Apache-2.0
#pragma once
// Data for tensors that the user gives none for: the same on every machine, a function of the name alone.
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/tensor.h"
#include "compiler/reference/tensor_value.h"

namespace gemel::compiler {

// Bell-shaped around 0, standard deviation about 148 / divisor, within ±512 / divisor. The divisor is at least 5.
inline constexpr int kWeightDivisor = 8;
std::vector<std::int8_t> synthetic_weights(const std::string& name, std::int64_t count, int divisor = kWeightDivisor);

// Bell-shaped around 0 with about this standard deviation.
std::vector<std::int32_t> synthetic_bias(const std::string& name, std::int64_t count, double deviation);

// What an input of the graph holds when no file is given: bell-shaped, standard deviation about 37 (uint8: around 128;
// float32: about 1.2; int32, which are indices: 0 and 1).
TensorValue synthetic_input(const Tensor& input);

}  // namespace gemel::compiler
