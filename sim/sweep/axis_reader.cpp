// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/axis_reader.h"

#include <algorithm>

#include "sim/arch/input_error.h"

namespace gemel::sim {
namespace {

using arch::Setting;
using arch::YamlMap;
using arch::YamlValue;

std::vector<std::uint32_t> read_list(const Setting& setting, const YamlValue& value) {
  std::vector<std::uint32_t> values;
  for (const YamlValue& item : value.as_list()) values.push_back(arch::read_setting(setting, item));
  if (values.empty()) value.fail("expected at least one value, got an empty list");
  return values;
}

std::int64_t read_number(const Setting& setting, const YamlValue& value) {
  return value.as_whole_number(setting.min, setting.max);
}

std::vector<std::uint32_t> read_range(const Setting& setting, const YamlValue& value) {
  const YamlMap map = value.as_map({"from", "to", "step"});
  const std::int64_t from = read_number(setting, map.at("from"));
  const std::int64_t to = read_number(setting, map.at("to"));
  const std::int64_t step = map.at("step").as_whole_number(1, setting.max);
  if (from > to) map.at("to").fail(std::to_string(to) + " is below from: " + std::to_string(from));
  if ((to - from) / step >= kMostMachines) {
    value.fail("more than " + std::to_string(kMostMachines) + " values; take a larger step");
  }
  std::vector<std::uint32_t> values;
  for (std::int64_t number = from; number <= to; number += step) values.push_back(static_cast<std::uint32_t>(number));
  return values;
}

std::vector<std::uint32_t> read_powers(const Setting& setting, const YamlValue& value) {
  const YamlValue list = value.as_map({"powers_of_two"}).at("powers_of_two");
  const std::vector<YamlValue> ends = list.as_list();
  if (ends.size() != 2) list.fail("expected the first and the last, such as [8, 64]");
  std::int64_t bounds[2];
  for (int i = 0; i < 2; ++i) {
    bounds[i] = read_number(setting, ends[static_cast<std::size_t>(i)]);
    if (bounds[i] < 1 || (bounds[i] & (bounds[i] - 1)) != 0) {
      ends[static_cast<std::size_t>(i)].fail(std::to_string(bounds[i]) + " is not a power of two");
    }
  }
  if (bounds[0] > bounds[1]) ends[1].fail(std::to_string(bounds[1]) + " is below " + std::to_string(bounds[0]));
  std::vector<std::uint32_t> values;
  for (std::int64_t number = bounds[0]; number <= bounds[1]; number *= 2) {
    values.push_back(static_cast<std::uint32_t>(number));
  }
  return values;
}

}  // namespace

AxisValues read_linked_axis(const Setting& setting, const YamlValue& value) {
  AxisValues axis;
  axis.setting = &setting;
  if (value.is_list()) {
    axis.values = read_list(setting, value);
  } else if (!value.is_map()) {
    value.fail("expected a list of values, {from: A, to: B, step: S} or {powers_of_two: [A, B]}");
  } else if (!setting.is_number) {
    value.fail("its values are words, " + arch::format_allowed(setting) + "; expected a list of them");
  } else {
    axis.values = value.peek("powers_of_two") ? read_powers(setting, value) : read_range(setting, value);
  }
  return axis;
}

AxisValues read_axis(const Setting& setting, const YamlValue& value) {
  AxisValues axis = read_linked_axis(setting, value);
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const auto earlier = axis.values.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(axis.values.begin(), earlier, axis.values[i]) == earlier) continue;
    value.as_list()[i].fail(arch::format_setting(setting, axis.values[i]) + " is listed twice");
  }
  return axis;
}

void refuse_repeated_steps(const Dimension& linked, const YamlValue& group) {
  for (std::size_t i = 0; i < linked.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool is_repeated = std::all_of(linked.axes.begin(), linked.axes.end(),
                                           [&](const AxisValues& axis) { return axis.values[i] == axis.values[j]; });
      if (is_repeated) {
        group.fail("steps " + std::to_string(j + 1) + " and " + std::to_string(i + 1) + " are the same machine");
      }
    }
  }
}

}  // namespace gemel::sim
