// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of an axis: [8, 16], {from: 10, to: 100, step: 10} or {powers_of_two: [8, 64]}.
#include "sim/arch/yaml_reader.h"
#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {

constexpr std::uint32_t kMostMachines = 100000;

// Each throws arch::InputError. All values of an axis differ; those of a linked axis may repeat.
AxisValues read_axis(const arch::Setting& setting, const arch::YamlValue& value);
AxisValues read_linked_axis(const arch::Setting& setting, const arch::YamlValue& value);
void refuse_repeated_steps(const Dimension& linked, const arch::YamlValue& group);

}  // namespace gemel::sim
