// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strict reading of YAML: configurations and workloads. Every fault ends in one InputError with file, line and
// column: syntax, unknown keys (with the nearest known one), repeated and missing keys, wrong types, values out of
// range. Nothing is defaulted and nothing is ignored; anchors, aliases, tags and second documents are refused.
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/arch/input_error.h"

namespace gemel::arch {

struct YamlNode;  // one parsed value; private to the reader
class YamlMap;

// Allowed spellings of an enumerated value; the first spelling of a value is the preferred one.
template <typename Enum>
using YamlChoices = std::vector<std::pair<std::string, Enum>>;

// One value of a file, with its dotted path ("mesh.dim", "layers[2].stride"; "" for the whole file) and place.
class YamlValue {
 public:
  // A value that does not come from a file, such as the right side of --set; `position.file` names it in errors.
  static YamlValue from_text(const std::string& text, const SourcePosition& position, const std::string& path);

  const std::string& path() const { return path_; }
  SourcePosition position() const;
  bool is_map() const;
  bool is_list() const;
  bool is_scalar() const;                       // a word, number or quoted text; not an absent value
  bool is_word(const std::string& word) const;  // exactly this unquoted scalar

  // Each throws InputError when the value is something else. `expected` replaces the words in "expected ..., got".
  std::string as_text() const;
  bool as_bool() const;
  std::int64_t as_whole_number(std::int64_t min, std::int64_t max,
                               const std::string& expected = "a whole number") const;
  double as_number(double min = std::numeric_limits<double>::lowest(),
                   double max = std::numeric_limits<double>::max()) const;
  std::vector<YamlValue> as_list() const;
  std::vector<std::int64_t> as_whole_number_list(std::int64_t min, std::int64_t max) const;
  template <typename Enum>
  Enum as_choice(const YamlChoices<Enum>& choices) const {
    std::vector<std::string> spellings;
    for (const auto& choice : choices) spellings.push_back(choice.first);
    return choices[choice_index(spellings)].second;
  }

  // Opens a map; any key outside `allowed` is refused. Needs all keys at once so that none can be forgotten.
  YamlMap as_map(const std::vector<std::string>& allowed) const;
  // Of a map, in file order.
  std::vector<std::string> keys() const;
  SourcePosition key_position(const std::string& key) const;
  // Looks at one key of a map before the allowed keys are known (they may depend on it).
  std::optional<YamlValue> peek(const std::string& key) const;

  // Throws "position: path: what".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  friend class YamlMap;
  friend YamlValue parse_yaml(const std::string& text, const std::string& file);
  YamlValue() = default;
  YamlValue child(const YamlNode& node, const SourcePosition& position, std::string path) const;
  std::size_t choice_index(const std::vector<std::string>& spellings) const;
  const std::string& scalar(const std::string& expected) const;  // unquoted scalar, or throws

  std::shared_ptr<const YamlNode> root_;  // keeps the tree alive
  const YamlNode* node_ = nullptr;
  SourcePosition position_;
  std::string path_;
};

// A map whose keys are all known.
class YamlMap {
 public:
  YamlValue at(const std::string& key) const;  // throws when the key is missing
  std::optional<YamlValue> find(const std::string& key) const;
  bool has(const std::string& key) const { return find(key).has_value(); }
  SourcePosition key_position(const std::string& key) const { return value_.key_position(key); }
  // Throws "position of the map: path: what".
  [[noreturn]] void fail(const std::string& what) const { value_.fail(what); }

 private:
  friend class YamlValue;
  explicit YamlMap(YamlValue value) : value_(std::move(value)) {}
  YamlValue value_;
};

// The one document of a file. Refuses missing, empty and binary files.
YamlValue load_yaml(const std::string& path);
YamlValue parse_yaml(const std::string& text, const std::string& file);

// The candidate that `name` is most likely a slip of, or "" where none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);
// "; did you mean 'banks'?", or "; known: a, b, c" where no candidate is near.
std::string suggestion(const std::string& name, const std::vector<std::string>& candidates);
// 'text', on one line: control characters escaped, long text cut.
std::string in_quotes(const std::string& text);

}  // namespace gemel::arch
