// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep_spec.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/sweep/axis_reader.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;
using arch::YamlMap;
using arch::YamlValue;

constexpr char kSchema[] = "sweep/v1";
constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();

std::vector<YamlValue> one_or_list(const YamlValue& value) {
  if (!value.is_list()) return {value};
  std::vector<YamlValue> list = value.as_list();
  if (list.empty()) value.fail("expected at least one, got an empty list");
  return list;
}

std::uint32_t read_count(const YamlValue& value, std::uint32_t min, std::uint32_t max) {
  return static_cast<std::uint32_t>(value.as_whole_number(min, max));
}

std::string read_name(const YamlValue& value) {
  const std::string name = value.as_text();
  for (const char c : name) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!is_plain) value.fail("expected letters, digits, '_' and '-', got " + arch::in_quotes(name));
  }
  return name;
}

// Rather than the bare name of a shipped file.
bool is_path(const std::string& name) {
  const std::string ending = fs::path(name).extension().string();
  return name.find('/') != std::string::npos || ending == ".yaml" || ending == ".yml";
}

class SpecReader {
 public:
  explicit SpecReader(const std::string& path) { spec_.path = path; }

  SweepSpec read() {
    spec_.text = arch::load_file(spec_.path);
    const YamlValue file = arch::parse_yaml(spec_.text, spec_.path);
    read_schema(file);
    const YamlMap map =
        file.as_map({"schema", "name", "config", "set", "workloads", "dims", "axes", "linked", "derived", "constraints",
                     "sample", "verify", "energy", "timeout_seconds", "retries", "slurm"});
    spec_.name = read_name(map.at("name"));
    read_configs(map.at("config"));
    read_workloads(map.at("workloads"));
    if (const auto value = map.find("dims")) read_dims(*value);
    if (const auto value = map.find("set")) read_fixed(*value);
    if (const auto value = map.find("axes")) read_axes(*value);
    if (const auto value = map.find("linked")) read_linked(*value);
    if (spec_.dimensions.empty() && spec_.workloads.size() == 1 && spec_.bases.size() == 1) {
      map.fail("nothing varies; expected 'axes', 'linked', several workloads or several configurations");
    }
    if (const auto value = map.find("derived")) read_derived(*value);
    if (const auto value = map.find("constraints")) {
      for (const YamlValue& item : one_or_list(*value)) {
        spec_.constraints.push_back(Expression::parse(item, Expression::Result::Condition));
      }
    }
    if (const auto value = map.find("sample")) read_sampling(*value);
    if (const auto value = map.find("verify")) read_verification(*value);
    if (const auto value = map.find("energy")) read_energy(*value);
    if (const auto value = map.find("timeout_seconds")) spec_.timeout_seconds = value->as_number(0.001, 1e6);
    if (const auto value = map.find("retries")) spec_.retries = read_count(*value, 0, 100);
    if (const auto value = map.find("slurm")) read_slurm(*value);
    return std::move(spec_);
  }

 private:
  static void read_schema(const YamlValue& file) {
    const auto schema = file.peek("schema");
    if (!schema) {
      throw arch::input_error_at(file.position(),
                                 std::string("missing key 'schema'; a sweep has 'schema: ") + kSchema + "'");
    }
    if (schema->as_text() != kSchema) {
      schema->fail(std::string("expected ") + kSchema + ", got " + arch::in_quotes(schema->as_text()));
    }
  }

  // A path is relative to the sweep file.
  std::string beside(const std::string& path) const {
    return (fs::path(spec_.path).parent_path() / path).lexically_normal().string();
  }

  void read_configs(const YamlValue& value) {
    for (const YamlValue& item : one_or_list(value)) {
      const std::string name = item.as_text();
      std::error_code ignored;  // what cannot be examined is not a file either
      if (is_path(name) && !fs::is_regular_file(beside(name), ignored)) {
        item.fail("no file " + arch::in_quotes(beside(name)));
      }
      std::string found;
      try {
        found = is_path(name) ? beside(name) : arch::find_config(name);
      } catch (const arch::InputError& error) {
        item.fail(error.what());
      }
      arch::ResolvedConfig base = arch::resolve_accelerator_config(found);
      for (const arch::ResolvedConfig& other : spec_.bases) {
        if (other.config.name == base.config.name) item.fail("there are two configurations named " + base.config.name);
      }
      spec_.bases.push_back(std::move(base));
    }
  }

  void read_workloads(const YamlValue& value) {
    std::map<std::string, int> names;
    for (const YamlValue& item : one_or_list(value)) {
      const std::string written = item.as_text();
      const std::string path = beside(written);
      std::error_code ignored;
      if (!fs::is_regular_file(path, ignored)) item.fail("no file " + arch::in_quotes(path));
      const std::string ending = fs::path(path).extension().string();
      if (ending == ".gemel" || ending == ".rocc") {
        item.fail("a program belongs to one machine; expected a workload, which is compiled for each");
      }
      const std::string absolute = fs::canonical(path).string();
      for (const SweepWorkload& other : spec_.workloads) {
        if (other.path == absolute) item.fail(arch::in_quotes(written) + " is named twice");
      }
      spec_.workloads.push_back({fs::path(path).stem().string(), absolute, path, ending == ".onnx"});
      if (++names[spec_.workloads.back().name] > 1) {
        item.fail("there are two workloads named " + arch::in_quotes(spec_.workloads.back().name) +
                  "; the table could not tell them apart");
      }
    }
  }

  void read_dims(const YamlValue& map) {
    for (const std::string& name : map.keys()) {
      spec_.dims[name] = value_of(map, name).as_whole_number(1, 999999999);
    }
    const bool has_onnx = std::any_of(spec_.workloads.begin(), spec_.workloads.end(),
                                      [](const SweepWorkload& workload) { return workload.is_onnx; });
    if (!has_onnx) map.fail("only ONNX models have dynamic dimensions; no workload is one");
  }

  // A key that may still be given a value.
  const arch::Setting* new_key(const YamlValue& map, const std::string& key) {
    const arch::SourcePosition place = map.key_position(key);
    const arch::Setting& setting = arch::find_setting(key, arch::to_string(place));
    const auto [found, is_new] = used_.emplace(key, map.path());
    if (!is_new) throw arch::input_error_at(place, key + ": already given in '" + found->second + "'");
    return &setting;
  }

  static YamlValue value_of(const YamlValue& map, const std::string& key) { return *map.peek(key); }

  void read_fixed(const YamlValue& map) {
    for (const std::string& key : map.keys()) {
      const arch::Setting* setting = new_key(map, key);
      spec_.fixed.emplace_back(setting, arch::read_setting(*setting, value_of(map, key)));
    }
  }

  void read_axes(const YamlValue& map) {
    for (const std::string& key : map.keys()) {
      const arch::Setting* setting = new_key(map, key);
      spec_.dimensions.push_back({{read_axis(*setting, value_of(map, key))}});
    }
  }

  void read_linked(const YamlValue& value) {
    for (const YamlValue& group : one_or_list(value)) {
      Dimension dimension;
      for (const std::string& key : group.keys()) {
        const arch::Setting* setting = new_key(group, key);
        dimension.axes.push_back(read_linked_axis(*setting, value_of(group, key)));
        const std::size_t length = dimension.axes.back().values.size();
        if (length != dimension.size()) {
          value_of(group, key)
              .fail(std::to_string(length) + " values, but " + dimension.axes.front().setting->path + " has " +
                    std::to_string(dimension.size()) + "; linked axes move together");
        }
      }
      if (dimension.axes.size() < 2) group.fail("expected two keys or more that move together");
      refuse_repeated_steps(dimension, group);
      spec_.dimensions.push_back(std::move(dimension));
    }
  }

  void read_derived(const YamlValue& map) {
    const std::vector<std::string> keys = map.keys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const YamlValue value = value_of(map, keys[i]);
      DerivedKey derived;
      derived.setting = new_key(map, keys[i]);
      if (!derived.setting->is_number) value.fail("only numbers can be derived; give it in 'linked'");
      derived.value = Expression::parse(value, Expression::Result::Number);
      for (const std::string& read : derived.value.keys()) {
        if (std::find(keys.begin() + static_cast<std::ptrdiff_t>(i), keys.end(), read) == keys.end()) continue;
        value.fail(read == keys[i] ? "it depends on itself" : read + " is derived below; derive it first");
      }
      spec_.derived.push_back(std::move(derived));
    }
  }

  void read_sampling(const YamlValue& value) {
    const YamlMap map = value.as_map({"method", "points", "seed"});
    spec_.sampling.method = map.at("method").as_choice<Sampling::Method>(
        {{"random", Sampling::Method::Random}, {"latin_hypercube", Sampling::Method::LatinHypercube}});
    spec_.sampling.machines = read_count(map.at("points"), 1, kMostMachines);
    spec_.sampling.seed =
        static_cast<std::uint64_t>(map.at("seed").as_whole_number(0, std::numeric_limits<std::int64_t>::max()));
  }

  void read_verification(const YamlValue& value) {
    if (!value.is_map()) {
      if (!value.is_word("all") && !value.is_word("none")) value.fail("expected all, none or {first_per: AXIS}");
      spec_.verification.which = value.is_word("all") ? Verification::Which::All : Verification::Which::None;
      return;
    }
    spec_.verification.which = Verification::Which::FirstPer;
    std::vector<std::string> known;
    if (spec_.bases.size() > 1) known.push_back(kConfigAxis);
    for (const Dimension& dimension : spec_.dimensions) {
      for (const AxisValues& axis : dimension.axes) known.push_back(axis.setting->path);
    }
    for (const YamlValue& item : one_or_list(value.as_map({"first_per"}).at("first_per"))) {
      const std::string name = item.as_text();
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        item.fail("no axis " + arch::in_quotes(name) + arch::suggestion(name, known));
      }
      spec_.verification.axes.push_back(name);
    }
  }

  void read_energy(const YamlValue& value) {
    spec_.energy = value.as_text();
    if (!is_path(spec_.energy)) return;
    spec_.energy = beside(spec_.energy);
    std::error_code ignored;
    if (!fs::is_regular_file(spec_.energy, ignored)) value.fail("no file " + arch::in_quotes(spec_.energy));
  }

  // Words that become arguments of sbatch.
  static std::string read_slurm_word(const YamlValue& value) {
    const std::string text = value.as_text();
    if (text[0] == '-') value.fail("expected a name, got " + arch::in_quotes(text));
    return text;
  }

  void read_slurm(const YamlValue& value) {
    const YamlMap map =
        value.as_map({"partition", "account", "time_minutes", "memory_mib", "points_per_task", "tasks_at_once"});
    SlurmOptions& slurm = spec_.slurm;
    if (const auto word = map.find("partition")) slurm.partition = read_slurm_word(*word);
    if (const auto word = map.find("account")) slurm.account = read_slurm_word(*word);
    if (const auto number = map.find("time_minutes")) slurm.time_minutes = read_count(*number, 1, kAny);
    if (const auto number = map.find("memory_mib")) slurm.memory_mib = read_count(*number, 1, kAny);
    if (const auto number = map.find("points_per_task")) slurm.points_per_task = read_count(*number, 1, 1000000);
    if (const auto number = map.find("tasks_at_once")) slurm.tasks_at_once = read_count(*number, 1, 1000000);
  }

  SweepSpec spec_;
  std::map<std::string, std::string> used_;  // key -> the part of the file that gives it
};

}  // namespace

SweepSpec load_sweep_spec(const std::string& path) { return SpecReader(path).read(); }

}  // namespace gemel::sim
