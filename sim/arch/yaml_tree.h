// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parsed form behind yaml_reader: values with their places, in file order. Only the reader uses it.
#include <memory>
#include <string>
#include <vector>

namespace gemel::arch {

struct YamlEntry;

struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  std::string text;  // of a scalar
  bool is_quoted = false;
  int line = 0;  // from 1
  int column = 0;
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map; keys differ
};

struct YamlEntry {
  std::string key;
  int line = 0;
  int column = 0;
  YamlNode value;
};

// Throws InputError for everything that is not one plain document: see yaml_reader.h.
std::shared_ptr<const YamlNode> parse_yaml_tree(const std::string& text, const std::string& file);

}  // namespace gemel::arch
