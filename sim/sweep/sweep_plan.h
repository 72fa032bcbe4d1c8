// SPDX-License-Identifier: Apache-2.0
#pragma once
// A sweep file worked out: every point with its machine, and the fingerprint under which its result is kept.
#include <set>
#include <string>
#include <vector>

#include "sim/sweep/sweep_results.h"
#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {

struct PlannedPoint {
  std::size_t workload = 0;         // index into SweepPlan::workloads
  std::vector<std::string> values;  // one an axis
  std::string machine;              // the complete configuration, YAML
  std::string illegal_reason;       // "" where it can be built
  bool timing_only = false;
  std::string key;  // of the result: machine, workload, energy table, mode and version
  std::string key_in_other_mode;
  std::string verification_group;  // of which the first is verified; "" where there are no groups, or it is illegal
};

struct SweepPlan {
  std::string name;
  std::string file_text;
  std::string base_config;
  std::string version;
  std::string energy_path;  // of the energy table
  std::vector<SweepAxis> axes;
  std::vector<SweepWorkload> workloads;
  std::vector<std::string> workload_hashes;
  std::vector<std::string> dims;     // NAME=VALUE, for ONNX models
  std::vector<PlannedPoint> points;  // workload by workload, the last axis fastest
  std::uint64_t excluded_points = 0;
  std::uint64_t duplicate_samples = 0;  // of a Latin hypercube
  std::uint64_t missing_samples = 0;    // a random sample that the constraints left smaller than asked for
};

// `version` says what will run the points; results of another version are not reused. `energy_path` is the energy
// table. Throws arch::InputError where a constraint has no value, or nothing is left.
SweepPlan plan_sweep(const SweepSpec& spec, const std::string& version, const std::string& energy_path);

// Where the compiler refused the point of a group that was to be verified, the next one that it did not refuse becomes
// it. True where there was one. `refused_keys`: of all results; every point has its result.
bool verify_instead_of_refused(SweepPlan& plan, const std::set<std::string>& refused_keys);

}  // namespace gemel::sim
