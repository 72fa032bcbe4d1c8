// SPDX-License-Identifier: Apache-2.0
#pragma once
// A sweep file: what varies, over what, how it runs. docs/sweeps.md describes the keys.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/accelerator_settings.h"
#include "sim/sweep/expression.h"

namespace gemel::sim {

struct AxisValues {
  const arch::Setting* setting = nullptr;
  std::vector<std::uint32_t> values;  // in the order of the file, all different
};

// Axes that move together; most have one.
struct Dimension {
  std::vector<AxisValues> axes;
  std::size_t size() const { return axes.front().values.size(); }
};

struct DerivedKey {
  const arch::Setting* setting = nullptr;
  Expression value;
};

struct Sampling {
  enum class Method { Everything, Random, LatinHypercube };
  Method method = Method::Everything;
  std::size_t machines = 0;
  std::uint64_t seed = 0;
};

struct Verification {
  enum class Which { All, None, FirstPer };
  Which which = Which::All;
  std::vector<std::string> axes;  // FirstPer: one point for each combination of these
};

struct SlurmOptions {
  std::string partition;  // "" leaves it to the cluster, as 0 does for the numbers
  std::string account;
  std::uint32_t time_minutes = 0;  // of a task
  std::uint32_t memory_mib = 0;
  std::uint32_t points_per_task = 0;  // 0: so that all fit in one array
  std::uint32_t tasks_at_once = 0;
};

struct SweepWorkload {
  std::string name;        // of the table: the file's, without its ending
  std::string path;        // absolute
  std::string shown_path;  // for errors
  bool is_onnx = false;
};

struct SweepSpec {
  std::string path;
  std::string text;
  std::string name;
  std::vector<arch::ResolvedConfig> bases;  // more than one: "config" is an axis too
  std::vector<std::pair<const arch::Setting*, std::uint32_t>> fixed;
  std::vector<SweepWorkload> workloads;
  std::map<std::string, std::int64_t> dims;  // dynamic dimensions of the ONNX models among them
  std::vector<Dimension> dimensions;
  std::vector<DerivedKey> derived;
  std::vector<Expression> constraints;
  Sampling sampling;
  Verification verification;
  double timeout_seconds = 600;  // of a point
  std::string energy;            // name or path of an energy table; "" for the default one
  std::uint32_t retries = 2;     // of a point whose process was killed from outside
  SlurmOptions slurm;
};

constexpr char kConfigAxis[] = "config";

// Throws arch::InputError. Reads the base configurations; of the workloads it only looks whether they exist.
SweepSpec load_sweep_spec(const std::string& path);

}  // namespace gemel::sim
