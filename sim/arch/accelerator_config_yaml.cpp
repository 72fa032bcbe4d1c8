// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/accelerator_config_yaml.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "sim/arch/accelerator_settings.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::arch {
namespace {

namespace fs = std::filesystem;

constexpr char kSchema[] = "accelerator/v1";

// What has been read so far; values may still be `auto` and need not fit together.
struct Draft {
  std::string name;
  std::map<std::string, std::uint32_t> values;
  std::map<std::string, ValueOrigin> origins;

  void put(const Setting& setting, const YamlValue& value, ValueOrigin::Kind kind) {
    values[setting.path] = read_setting(setting, value);
    origins[setting.path] = ValueOrigin{kind, value.position(), false};
  }
  // What a file without a base may leave out.
  void put_defaults(const SourcePosition& file) {
    for (const Setting& setting : accelerator_settings()) {
      if (!setting.may_be_left_out) continue;
      values[setting.path] = setting.get(AcceleratorConfig());
      origins[setting.path] = ValueOrigin{ValueOrigin::Kind::Default, file, false};
    }
  }
};

std::string section_of(const std::string& path) {
  const std::size_t dot = path.find('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}
std::string last_word_of(const std::string& path) { return path.substr(path.find('.') + 1); }

// Keys of the whole file ("") or of a section, in order.
std::vector<std::string> keys_of(const std::string& section) {
  std::vector<std::string> keys;
  if (section.empty()) keys = {"schema", "name", "base"};
  for (const Setting& setting : accelerator_settings()) {
    const std::string own = section_of(setting.path);
    const std::string key = section.empty() && !own.empty() ? own : last_word_of(setting.path);
    if ((section.empty() || section == own) && std::find(keys.begin(), keys.end(), key) == keys.end()) {
      keys.push_back(key);
    }
  }
  return keys;
}

bool is_bare_name(const std::string& text) {
  const fs::path path(text);
  return text.find('/') == std::string::npos && path.extension() != ".yaml" && path.extension() != ".yml";
}

std::string read_name(const YamlValue& value) {
  const std::string name = value.as_text();
  for (const char c : name) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!is_plain) value.fail("expected letters, digits, '_', '-' and '.', got " + in_quotes(name));
  }
  return name;
}

// A key that is right but at the wrong level: 'mesh.dim: 8' or a bare 'dim: 8' at the top.
void refuse_misplaced_keys(const YamlValue& file) {
  const std::vector<std::string> known = keys_of("");
  for (const std::string& key : file.keys()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::vector<const Setting*> meant;
    for (const Setting& setting : accelerator_settings()) {
      if (setting.path == key || last_word_of(setting.path) == key) meant.push_back(&setting);
    }
    if (meant.size() != 1) continue;
    const std::string& path = meant[0]->path;
    throw input_error_at(file.key_position(key), "unknown key " + in_quotes(key) + "; did you mean '" +
                                                     last_word_of(path) + "' inside '" + section_of(path) + "'?");
  }
}

class FileReader {
 public:
  explicit FileReader(const std::string& config_dir) : config_dir_(config_dir) {}

  // `chain` holds the files whose base is being read.
  Draft read(const std::string& path, std::vector<fs::path>& chain) {
    const YamlValue file = load_yaml(path);
    read_schema(file);
    refuse_misplaced_keys(file);
    const YamlMap map = file.as_map(keys_of(""));
    chain.push_back(fs::weakly_canonical(path));

    Draft draft;
    const std::optional<YamlValue> base = map.find("base");
    if (base) {
      draft = read(base_path(*base, path, chain), chain);
      for (auto& [key, origin] : draft.origins) {
        if (origin.kind == ValueOrigin::Kind::File) origin.kind = ValueOrigin::Kind::BaseFile;
      }
    } else {
      draft.put_defaults(file.position());
    }
    draft.name = read_name(map.at("name"));
    for (const std::string& key : keys_of("")) {
      if (key == "schema" || key == "name" || key == "base") continue;
      const bool is_needed = !base && draft.values.count(key) == 0;
      const std::optional<YamlValue> value = is_needed ? map.at(key) : map.find(key);
      if (value) read_key(key, *value, base.has_value(), draft);
    }
    return draft;
  }

 private:
  static void read_schema(const YamlValue& file) {
    const std::optional<YamlValue> schema = file.peek("schema");
    if (!schema) {
      throw input_error_at(file.position(),
                           std::string("missing key 'schema'; a configuration has 'schema: ") + kSchema + "'");
    }
    if (schema->as_text() != kSchema) {
      schema->fail(std::string("expected ") + kSchema + ", got " + in_quotes(schema->as_text()));
    }
  }

  // A key of the top: a section, or a value of its own.
  static void read_key(const std::string& key, const YamlValue& value, bool has_base, Draft& draft) {
    std::optional<YamlMap> section;
    for (const Setting& setting : accelerator_settings()) {
      if (setting.path == key) draft.put(setting, value, ValueOrigin::Kind::File);
      if (section_of(setting.path) != key) continue;
      if (!section) section = value.as_map(keys_of(key));
      const std::string word = last_word_of(setting.path);
      const bool is_needed = !has_base && !setting.may_be_left_out;
      const std::optional<YamlValue> found = is_needed ? section->at(word) : section->find(word);
      if (found) draft.put(setting, *found, ValueOrigin::Kind::File);
    }
  }

  std::string base_path(const YamlValue& base, const std::string& path, const std::vector<fs::path>& chain) const {
    const std::string name = base.as_text();
    std::string found;
    if (is_bare_name(name)) {
      try {
        found = find_config(name, config_dir_);
      } catch (const InputError& error) {
        base.fail(error.what());
      }
    } else {
      found = (fs::path(path).parent_path() / name).string();
      std::error_code ignored;  // what cannot be examined is not a file either
      if (!fs::is_regular_file(found, ignored)) base.fail("no file " + in_quotes(found));
    }
    if (std::find(chain.begin(), chain.end(), fs::weakly_canonical(found)) != chain.end()) {
      base.fail(in_quotes(name) + " leads back to a file that is based on this one");
    }
    return found;
  }

  std::string config_dir_;
};

struct Override {
  std::string key;
  std::string value;
  std::string shown;  // "--set KEY=VALUE"
};

Override parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  // Without the quotation marks, but on one line.
  const std::string marked = in_quotes(text);
  const std::string shown = "--set " + marked.substr(1, marked.size() - 2);
  if (equals == std::string::npos || equals == 0) {
    throw InputError(shown + ": expected KEY=VALUE, such as mesh.dim=32");
  }
  return Override{text.substr(0, equals), text.substr(equals + 1), shown};
}

YamlValue override_value(const Override& override) {
  return YamlValue::from_text(override.value, SourcePosition{override.shown, 0, 0}, override.key);
}

AcceleratorConfig build(const std::string& name, const std::map<std::string, std::uint32_t>& values) {
  AcceleratorConfig config;
  config.name = name;
  for (const Setting& setting : accelerator_settings()) setting.set(config, values.at(setting.path));
  if (config.mesh.output_bits == kAutoOutputBits) config.mesh.output_bits = required_output_bits(config.mesh.dim);
  return config;
}

// The last word on the clashing keys is to blame: --set before the file, the file before its base.
const ValueOrigin& origin_to_blame(const ConfigViolation& violation,
                                   const std::map<std::string, ValueOrigin>& origins) {
  const ValueOrigin* blamed = &origins.at(violation.keys[0]);
  const auto rank = [](ValueOrigin::Kind kind) {
    return kind == ValueOrigin::Kind::CommandLine ? 2 : kind == ValueOrigin::Kind::File ? 1 : 0;
  };
  for (const std::string& key : violation.keys) {
    const ValueOrigin& origin = origins.at(key);
    if (rank(origin.kind) > rank(blamed->kind)) blamed = &origin;
  }
  return *blamed;
}

}  // namespace

std::string default_config_dir() {
  const char* from_environment = std::getenv("GEMEL_CONFIG_DIR");
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return GEMEL_SHIPPED_CONFIG_DIR;
}

std::vector<std::string> shipped_configs(const std::string& config_dir) {
  std::error_code error;
  fs::directory_iterator files(config_dir, error);
  if (error) throw InputError(config_dir + ": no such directory of configurations; see GEMEL_CONFIG_DIR");
  std::vector<std::string> names;
  for (const fs::directory_entry& file : files) {
    if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string find_config(const std::string& name_or_path, const std::string& config_dir) {
  if (name_or_path.empty()) throw InputError("a configuration is named by a path or by a shipped name, got nothing");
  if (!is_bare_name(name_or_path)) return name_or_path;
  const std::vector<std::string> names = shipped_configs(config_dir);
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    throw InputError("no configuration named " + in_quotes(name_or_path) + suggestion(name_or_path, names));
  }
  const fs::path file = fs::path(config_dir) / (name_or_path + ".yaml");
  // Shorter to read where it lies below the working directory.
  std::error_code ignored;  // no working directory: the long form will do
  const fs::path near = fs::proximate(file, ignored);
  return near.empty() || *near.begin() == ".." ? file.string() : near.string();
}

ResolvedConfig resolve_accelerator_config(const std::string& name_or_path, const std::vector<std::string>& overrides,
                                          const std::string& config_dir) {
  ResolvedConfig resolved;
  resolved.path = find_config(name_or_path, config_dir);
  std::vector<fs::path> chain;
  Draft draft = FileReader(config_dir).read(resolved.path, chain);
  for (const std::string& text : overrides) {
    const Override override = parse_override(text);
    draft.put(find_setting(override.key, override.shown), override_value(override), ValueOrigin::Kind::CommandLine);
  }
  resolved.config = build(draft.name, draft.values);
  resolved.origins = draft.origins;
  for (auto& [path, origin] : resolved.origins) {
    origin.is_automatic = path == "mesh.output_bits" && draft.values.at(path) == kAutoOutputBits;
  }
  if (const std::optional<ConfigViolation> violation = find_violation(resolved.config)) {
    throw input_error_at(origin_to_blame(*violation, resolved.origins).position,
                         violation->keys[0] + ": " + violation->reason);
  }
  return resolved;
}

AcceleratorConfig load_accelerator_config(const std::string& name_or_path, const std::vector<std::string>& overrides,
                                          const std::string& config_dir) {
  return resolve_accelerator_config(name_or_path, overrides, config_dir).config;
}

void apply_override(AcceleratorConfig& config, const std::string& key, const std::string& value) {
  const Override override = parse_override(key + "=" + value);
  const Setting& setting = find_setting(key, override.shown);
  setting.set(config, read_setting(setting, override_value(override)));
  if (config.mesh.output_bits == kAutoOutputBits) config.mesh.output_bits = required_output_bits(config.mesh.dim);
}

}  // namespace gemel::arch
