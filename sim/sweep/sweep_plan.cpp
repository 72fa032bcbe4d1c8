// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "sim/arch/input_error.h"
#include "sim/sweep/axis_reader.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/sampling.h"

namespace gemel::sim {
namespace {

constexpr char kOutputBits[] = "mesh.output_bits";

struct Machine {
  arch::AcceleratorConfig config;
  std::vector<std::string> values;
  std::string illegal_reason;
  bool is_complete = true;  // every derived key has a value
};

std::string number_text(double number) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

class Planner {
 public:
  Planner(const SweepSpec& spec, const std::string& version, const std::string& energy_path)
      : spec_(spec), energy_hash_(hash_file(energy_path)) {
    plan_.energy_path = energy_path;
    plan_.name = spec.name;
    plan_.file_text = spec.text;
    plan_.version = version;
    plan_.workloads = spec.workloads;
    for (const auto& [name, size] : spec.dims) plan_.dims.push_back(name + "=" + std::to_string(size));
    for (const arch::ResolvedConfig& base : spec.bases) {
      plan_.base_config += (plan_.base_config.empty() ? "" : ", ") + base.config.name;
    }
    if (has_config_axis()) {
      plan_.axes.push_back({kConfigAxis, "", false});
      sizes_.push_back(spec.bases.size());
    }
    for (const Dimension& dimension : spec.dimensions) {
      sizes_.push_back(dimension.size());
      for (const AxisValues& axis : dimension.axes) add_axis(axis);
    }
    for (const DerivedKey& derived : spec.derived) {
      plan_.axes.push_back({derived.setting->path, derived.setting->unit, true});
    }
  }

  SweepPlan plan() {
    if (spec_.sampling.method == Sampling::Method::Everything) {
      refuse_large_space();
    } else {
      refuse_many_points(std::min<std::uint64_t>(spec_.sampling.machines, space_size(sizes_)));
    }
    for (const SweepWorkload& workload : spec_.workloads) plan_.workload_hashes.push_back(hash_file(workload.path));
    const SampledSpace space = sample_space(sizes_, spec_.sampling, [this](const Steps& steps) {
      const Machine machine = build(steps);
      return !machine.is_complete || meets_constraints(machine);
    });
    plan_.excluded_points = space.refused * spec_.workloads.size();
    plan_.duplicate_samples = space.duplicates;
    if (spec_.sampling.method == Sampling::Method::Random && space_size(sizes_) > spec_.sampling.machines) {
      plan_.missing_samples = spec_.sampling.machines - space.taken.size();
    }
    if (space.taken.empty()) throw arch::InputError(spec_.path + ": constraints: no point is left");
    refuse_many_points(space.taken.size());
    for (std::size_t workload = 0; workload < spec_.workloads.size(); ++workload) {
      for (const Steps& steps : space.taken) add_point(workload, steps);
    }
    return std::move(plan_);
  }

 private:
  bool has_config_axis() const { return spec_.bases.size() > 1; }

  void add_axis(const AxisValues& values) {
    SweepAxis axis{values.setting->path, values.setting->unit, true};
    for (const std::uint32_t value : values.values) {
      const std::string text = arch::format_setting(*values.setting, value);
      axis.is_number = axis.is_number && text.find_first_not_of("0123456789") == std::string::npos;
    }
    plan_.axes.push_back(axis);
  }

  void refuse_large_space() const {
    const std::uint64_t size = space_size(sizes_);
    if (spec_.constraints.empty()) refuse_many_points(size);
    if (size <= kLargestWholeSpace) return;
    const bool is_exact = size != std::numeric_limits<std::uint64_t>::max();
    throw arch::InputError(spec_.path + ": the axes span " + (is_exact ? "" : "over ") + std::to_string(size) +
                           " machines; of more than " + std::to_string(kLargestWholeSpace) +
                           " only a sample can be taken: give 'sample'");
  }
  void refuse_many_points(std::uint64_t machines) const {
    if (machines <= kMostMachines / spec_.workloads.size()) return;
    throw arch::InputError(spec_.path + ": " + std::to_string(machines) + " machines on " +
                           std::to_string(spec_.workloads.size()) +
                           (spec_.workloads.size() == 1 ? " workload" : " workloads") + " are too many; the most are " +
                           std::to_string(kMostMachines) + " points: take a sample of the space, or constrain it");
  }

  Machine build(const Steps& steps) const {
    Machine machine;
    std::size_t dimension = 0;
    const arch::ResolvedConfig& base = spec_.bases[has_config_axis() ? steps[dimension++] : 0];
    machine.config = base.config;
    if (has_config_axis()) machine.values.push_back(base.config.name);
    bool has_automatic_bits = base.origins.at(kOutputBits).is_automatic;
    const auto set = [&](const arch::Setting& setting, std::uint32_t value) {
      setting.set(machine.config, value);
      if (setting.path == kOutputBits) has_automatic_bits = value == arch::kAutoOutputBits;
    };
    const auto choose_bits = [&] {
      if (has_automatic_bits) machine.config.mesh.output_bits = arch::required_output_bits(machine.config.mesh.dim);
    };
    for (const auto& [setting, value] : spec_.fixed) set(*setting, value);
    for (const Dimension& axes : spec_.dimensions) {
      const std::size_t step = steps[dimension++];
      for (const AxisValues& axis : axes.axes) {
        set(*axis.setting, axis.values[step]);
        machine.values.push_back(arch::format_setting(*axis.setting, axis.values[step]));
      }
    }
    choose_bits();
    for (const DerivedKey& derived : spec_.derived) {
      derive_key(derived, machine, set);
      choose_bits();
    }
    if (!machine.is_complete) return machine;
    if (const auto violation = arch::find_violation(machine.config)) {
      machine.illegal_reason = violation->keys[0] + ": " + violation->reason;
    }
    return machine;
  }

  template <typename Set>
  void derive_key(const DerivedKey& derived, Machine& machine, const Set& set) const {
    const double value = evaluate(derived.value, machine);
    machine.values.push_back(number_text(value));
    const arch::Setting& setting = *derived.setting;
    if (value == std::floor(value) && value >= setting.min && value <= setting.max) {
      set(setting, static_cast<std::uint32_t>(value));
    } else if (machine.is_complete) {
      machine.is_complete = false;
      machine.illegal_reason = setting.path + ": '" + derived.value.text() + "' gives " + number_text(value) +
                               "; expected a whole number, " + std::to_string(setting.min) + " to " +
                               std::to_string(setting.max);
    }
  }

  double evaluate(const Expression& expression, const Machine& machine) const {
    try {
      return expression.evaluate(machine.config);
    } catch (const std::domain_error& error) {
      std::string where;
      for (std::size_t i = 0; i < machine.values.size(); ++i) {
        where += (i == 0 ? "" : ", ") + plan_.axes[i].key + ": " + machine.values[i];
      }
      expression.fail(std::string(error.what()) + " at " + where);
    }
  }

  bool meets_constraints(const Machine& machine) const {
    for (const Expression& constraint : spec_.constraints) {
      if (evaluate(constraint, machine) == 0) return false;
    }
    return true;
  }

  std::string verification_group(const PlannedPoint& point) const {
    if (spec_.verification.which != Verification::Which::FirstPer || !point.illegal_reason.empty()) return "";
    std::string group = std::to_string(point.workload);
    for (std::size_t i = 0; i < plan_.axes.size(); ++i) {
      for (const std::string& name : spec_.verification.axes) {
        if (name == plan_.axes[i].key) group += "," + point.values[i];
      }
    }
    return group;
  }

  bool is_verified(const PlannedPoint& point) {
    if (!point.verification_group.empty()) return verified_groups_.insert(point.verification_group).second;
    return spec_.verification.which == Verification::Which::All;
  }

  std::string key_of(const PlannedPoint& point, bool timing_only) const {
    ContentHash hash;
    hash.add(plan_.version)
        .add(energy_hash_)
        .add(plan_.workload_hashes[point.workload])
        .add(point.machine)
        .add(point.illegal_reason);
    hash.add(timing_only ? "timing_only" : "verify");
    if (plan_.workloads[point.workload].is_onnx) {
      for (const std::string& dim : plan_.dims) hash.add(dim);
    }
    return hash.hex();
  }

  void add_point(std::size_t workload, const Steps& steps) {
    Machine machine = build(steps);
    PlannedPoint point;
    point.workload = workload;
    point.values = std::move(machine.values);
    point.machine = arch::to_yaml(machine.config);
    point.illegal_reason = machine.illegal_reason;
    point.verification_group = verification_group(point);
    point.timing_only = !is_verified(point);
    point.key = key_of(point, point.timing_only);
    point.key_in_other_mode = key_of(point, !point.timing_only);
    plan_.points.push_back(std::move(point));
  }

  const SweepSpec& spec_;
  std::string energy_hash_;
  SweepPlan plan_;
  std::vector<std::size_t> sizes_;
  std::set<std::string> verified_groups_;
};

}  // namespace

SweepPlan plan_sweep(const SweepSpec& spec, const std::string& version, const std::string& energy_path) {
  return Planner(spec, version, energy_path).plan();
}

bool verify_instead_of_refused(SweepPlan& plan, const std::set<std::string>& refused_keys) {
  std::set<std::string> verified_groups;
  for (const PlannedPoint& point : plan.points) {
    const bool is_refused = refused_keys.count(point.key) != 0;
    if (!point.timing_only && !is_refused) verified_groups.insert(point.verification_group);
  }
  bool is_changed = false;
  for (PlannedPoint& point : plan.points) {
    if (!point.timing_only || point.verification_group.empty() || refused_keys.count(point.key) != 0) continue;
    if (!verified_groups.insert(point.verification_group).second) continue;
    point.timing_only = false;
    std::swap(point.key, point.key_in_other_mode);
    is_changed = true;
  }
  return is_changed;
}

}  // namespace gemel::sim
