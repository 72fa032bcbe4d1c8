// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/arch/yaml_tree.h"

namespace gemel::arch {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::Null:
      return "nothing";
    case YamlNode::Kind::Scalar:
      return node.is_quoted ? "the quoted text " + in_quotes(node.text) : in_quotes(node.text);
    case YamlNode::Kind::List:
      return "a list";
    case YamlNode::Kind::Map:
      return "a map";
  }
  return "";
}

std::string number_text(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

std::string in_quotes(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  std::string shown = "'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (i >= kLongest && (c & 0xC0u) != 0x80u) {  // never cut inside a UTF-8 character
      shown += "...";
      break;
    }
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '\t') {
      shown += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      constexpr char kHex[] = "0123456789abcdef";
      shown += std::string("\\x") + kHex[c >> 4] + kHex[c & 15];
    } else {
      shown += text[i];
    }
  }
  return shown + "'";
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 100;  // longer text is no slip of a name
  if (name.empty() || name.size() > kLongest) return "";
  std::string nearest;
  std::size_t nearest_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  if (!nearest.empty()) return nearest;
  // A shortened name: 'capacity' for 'capacity_kib'. Only where it fits one candidate.
  for (const std::string& candidate : candidates) {
    if (name.size() < 3 || candidate.find(name) == std::string::npos) continue;
    if (!nearest.empty()) return "";
    nearest = candidate;
  }
  return nearest;
}

std::string suggestion(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  if (!nearest.empty()) return "; did you mean '" + nearest + "'?";
  if (candidates.empty()) return "";
  return "; known: " + joined(candidates);
}

YamlValue YamlValue::from_text(const std::string& text, const SourcePosition& position, const std::string& path) {
  auto node = std::make_shared<YamlNode>();
  node->kind = text.empty() ? YamlNode::Kind::Null : YamlNode::Kind::Scalar;
  node->text = text;
  YamlValue value;
  value.root_ = node;
  value.node_ = node.get();
  value.position_ = position;
  value.path_ = path;
  return value;
}

YamlValue YamlValue::child(const YamlNode& node, const SourcePosition& position, std::string path) const {
  YamlValue value;
  value.root_ = root_;
  value.node_ = &node;
  value.position_ = position;
  value.path_ = std::move(path);
  return value;
}

SourcePosition YamlValue::position() const { return position_; }
bool YamlValue::is_map() const { return node_->kind == YamlNode::Kind::Map; }
bool YamlValue::is_list() const { return node_->kind == YamlNode::Kind::List; }
bool YamlValue::is_scalar() const { return node_->kind == YamlNode::Kind::Scalar; }
bool YamlValue::is_word(const std::string& word) const {
  return is_scalar() && !node_->is_quoted && node_->text == word;
}

void YamlValue::fail(const std::string& what) const {
  throw input_error_at(position_, path_.empty() ? what : path_ + ": " + what);
}

const std::string& YamlValue::scalar(const std::string& expected) const {
  if (!is_scalar() || node_->is_quoted) fail("expected " + expected + ", got " + describe(*node_));
  return node_->text;
}

std::string YamlValue::as_text() const {
  if (!is_scalar()) fail("expected text, got " + describe(*node_));
  if (node_->text.empty()) fail("expected text, got an empty text");
  return node_->text;
}

bool YamlValue::as_bool() const {
  const std::string& text = scalar("true or false");
  if (text != "true" && text != "false") fail("expected true or false, got " + in_quotes(text));
  return text == "true";
}

std::int64_t YamlValue::as_whole_number(std::int64_t min, std::int64_t max, const std::string& expected) const {
  const std::string& text = scalar(expected);
  const std::size_t first = text[0] == '-' ? 1 : 0;
  if (text.size() == first || text.find_first_not_of("0123456789", first) != std::string::npos) {
    fail("expected " + expected + ", got " + in_quotes(text));
  }
  if (text.size() > first + 1 && text[first] == '0') {
    fail("expected " + expected + ", got " + in_quotes(text) + "; write it without leading zeros");
  }
  std::int64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || number < min || number > max) {
    const bool has_upper_bound = max != std::numeric_limits<std::int64_t>::max();
    fail(in_quotes(text) + " is out of range; expected " +
         (has_upper_bound ? std::to_string(min) + " to " + std::to_string(max) : "at least " + std::to_string(min)));
  }
  return number;
}

double YamlValue::as_number(double min, double max) const {
  const std::string& text = scalar("a number");
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc::result_out_of_range) fail(in_quotes(text) + " is out of range");
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !std::isfinite(number)) {
    fail("expected a number, got " + in_quotes(text));
  }
  if (number < min || number > max) {
    fail(in_quotes(text) + " is out of range; expected " + number_text(min) + " to " + number_text(max));
  }
  return number;
}

std::vector<YamlValue> YamlValue::as_list() const {
  if (!is_list()) fail("expected a list, got " + describe(*node_));
  std::vector<YamlValue> values;
  for (const YamlNode& item : node_->items) {
    const SourcePosition place{position_.file, item.line, item.column};
    values.push_back(child(item, place, path_ + "[" + std::to_string(values.size()) + "]"));
  }
  return values;
}

std::vector<std::int64_t> YamlValue::as_whole_number_list(std::int64_t min, std::int64_t max) const {
  std::vector<std::int64_t> numbers;
  for (const YamlValue& item : as_list()) numbers.push_back(item.as_whole_number(min, max));
  return numbers;
}

std::size_t YamlValue::choice_index(const std::vector<std::string>& spellings) const {
  const std::string expected = spellings.size() == 1 ? spellings[0] : "one of " + joined(spellings);
  const std::string& text = scalar(expected);
  const auto found = std::find(spellings.begin(), spellings.end(), text);
  if (found == spellings.end()) fail("expected " + expected + ", got " + in_quotes(text));
  return static_cast<std::size_t>(found - spellings.begin());
}

YamlMap YamlValue::as_map(const std::vector<std::string>& allowed) const {
  if (!is_map()) fail("expected a map of keys and values, got " + describe(*node_));
  const std::string prefix = path_.empty() ? "" : path_ + ".";
  for (const YamlEntry& entry : node_->entries) {
    if (std::find(allowed.begin(), allowed.end(), entry.key) != allowed.end()) continue;
    throw input_error_at(position_.file, entry.line, entry.column,
                         "unknown key " + in_quotes(prefix + entry.key) + suggestion(entry.key, allowed));
  }
  return YamlMap(*this);
}

std::vector<std::string> YamlValue::keys() const {
  if (!is_map()) fail("expected a map of keys and values, got " + describe(*node_));
  std::vector<std::string> keys;
  for (const YamlEntry& entry : node_->entries) keys.push_back(entry.key);
  return keys;
}

SourcePosition YamlValue::key_position(const std::string& key) const {
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key == key) return SourcePosition{position_.file, entry.line, entry.column};
  }
  return position_;
}

std::optional<YamlValue> YamlValue::peek(const std::string& key) const {
  if (!is_map()) fail("expected a map of keys and values, got " + describe(*node_));
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key != key) continue;
    // A section, or a value that is absent, is found by its key.
    const bool at_key = entry.value.kind == YamlNode::Kind::Map || entry.value.kind == YamlNode::Kind::Null;
    const SourcePosition place{position_.file, at_key ? entry.line : entry.value.line,
                               at_key ? entry.column : entry.value.column};
    return child(entry.value, place, path_.empty() ? key : path_ + "." + key);
  }
  return std::nullopt;
}

YamlValue YamlMap::at(const std::string& key) const {
  std::optional<YamlValue> value = find(key);
  if (value) return *value;
  const std::string path = value_.path().empty() ? key : value_.path() + "." + key;
  throw input_error_at(value_.position(), "missing key '" + path + "'");
}

std::optional<YamlValue> YamlMap::find(const std::string& key) const { return value_.peek(key); }

YamlValue parse_yaml(const std::string& text, const std::string& file) {
  YamlValue value;
  value.root_ = parse_yaml_tree(text, file);
  value.node_ = value.root_.get();
  value.position_.file = file;
  if (!value.is_map()) value.position_ = SourcePosition{file, value.node_->line, value.node_->column};
  return value;
}

YamlValue load_yaml(const std::string& path) {
  std::error_code ignored;  // what cannot be examined cannot be opened either
  if (std::filesystem::is_directory(path, ignored)) throw InputError(path + ": is a directory; expected a YAML file");
  if (!std::filesystem::exists(path, ignored)) throw InputError(path + ": file not found");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file && !file.eof()) throw InputError(path + ": cannot be read");
  return parse_yaml(text.str(), path);
}

}  // namespace gemel::arch
