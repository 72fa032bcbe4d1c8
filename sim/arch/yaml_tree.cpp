// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

#include "sim/arch/input_error.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::arch {
namespace {

// Builds the tree from the parser's events. yaml-cpp's own Node would resolve aliases (also endless ones), keep
// repeated keys and drop tags without a word.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& text, const std::string& file) : text_(text), file_(file) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  bool has_root() const { return has_root_; }
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document starts here; a file holds one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    if (expects_key()) refuse(mark, "a key is missing before ':'");
    add(make_node(YamlNode::Kind::Null, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not supported; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (tag == "!") check_end_of_quote(mark);
    if (expects_key()) {
      start_entry(mark, value);
      return;
    }
    YamlNode node = make_node(YamlNode::Kind::Scalar, mark);
    node.text = value;
    node.is_quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct OpenNode {
    YamlNode node;
    bool has_key = false;  // of a map: the last entry waits for its value
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) const {
    throw input_error_at(file_, mark.line + 1, mark.column + 1, what);
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != YAML::NullAnchor) refuse(mark, "anchors (&name) are not supported; write the value out");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not supported, got " + in_quotes(tag));
  }
  // The parser lets a quote run to the end of the file.
  void check_end_of_quote(const YAML::Mark& mark) const {
    const std::size_t start = line_starts_.at(mark.line) + mark.column;
    const char quote = start < text_.size() ? text_[start] : '\0';
    if (quote == '|' || quote == '>') return;  // block text ends by its indentation
    if (quote != '"' && quote != '\'') refuse(mark, "tags are not supported, got '!'");
    std::size_t i = start + 1;
    while (i < text_.size() && text_[i] != quote) i += quote == '"' && text_[i] == '\\' ? 2 : 1;
    if (i >= text_.size()) refuse(mark, "the quote that opens here is never closed");
  }
  static YamlNode make_node(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }
  bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::Map && !open_.back().has_key;
  }
  void start_entry(const YAML::Mark& mark, const std::string& key) {
    if (key.empty()) refuse(mark, "a key is empty");
    for (const YamlEntry& entry : open_.back().node.entries) {
      if (entry.key != key) continue;
      refuse(mark, "repeated key " + in_quotes(key) + "; first given in line " + std::to_string(entry.line));
    }
    open_.back().node.entries.push_back(YamlEntry{key, mark.line + 1, mark.column + 1, YamlNode()});
    open_.back().has_key = true;
  }
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (expects_key()) refuse(mark, "a list or a map stands where a key is expected; is it closed?");
    open_.push_back(OpenNode{make_node(kind, mark), false});
  }
  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }
  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
    } else if (open_.back().node.kind == YamlNode::Kind::List) {
      open_.back().node.items.push_back(std::move(node));
    } else {
      open_.back().node.entries.back().value = std::move(node);
      open_.back().has_key = false;
    }
  }

  const std::string& text_;
  const std::string& file_;
  std::vector<std::size_t> line_starts_;
  std::vector<OpenNode> open_;
  YamlNode root_;
  bool has_root_ = false;
  int documents_ = 0;
};

// The parser's words for the commonest slips, in words that say what to look for.
std::string explain(const YAML::Exception& error, const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  for (int i = 0; i <= error.mark.line; ++i) std::getline(lines, line);
  const std::size_t tab = line.find('\t');
  if (error.mark.line >= 0 && tab != std::string::npos && tab < line.find_first_not_of(" \t")) {
    return "a tab in the indentation; indent with spaces";
  }
  namespace words = YAML::ErrorMsg;
  if (error.msg == words::END_OF_MAP) return "the line does not fit the map above; look at its indentation and its ':'";
  if (error.msg == words::END_OF_SEQ)
    return "the line does not fit the list above; look at its indentation and its '-'";
  if (error.msg == words::END_OF_MAP_FLOW) return "a '{' is never closed";
  if (error.msg == words::END_OF_SEQ_FLOW) return "a '[' is never closed";
  if (error.msg == words::MAP_VALUE) return "a ':' does not fit here; look for one that is missing in the line above";
  if (error.msg == words::BAD_FILE) return "nested too deeply";
  return "not valid YAML: " + error.msg;
}

// Bytes of the UTF-8 character at `at`; 0 where there is none.
std::size_t utf8_length(const std::string& text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0u) != 0x80u) return 0;
  }
  return length;
}

// The parser takes byte 4 for the end of the file, lets other control characters through, and guesses encodings.
void refuse_binary(const std::string& text, const std::string& file) {
  int line = 1;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const int column = static_cast<int>(at - line_start) + 1;
    const std::size_t length = utf8_length(text, at);
    if (length == 0) throw input_error_at(file, line, column, "a byte that is not UTF-8; expected a text file");
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      throw input_error_at(file, line, column, "a control character; expected a text file");
    }
    at += length;
    if (c == '\n') {
      ++line;
      line_start = at;
    }
  }
}

}  // namespace

std::shared_ptr<const YamlNode> parse_yaml_tree(const std::string& bytes, const std::string& file) {
  constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";
  const std::string text = bytes.compare(0, 3, kByteOrderMark) == 0 ? bytes.substr(3) : bytes;
  refuse_binary(text, file);
  TreeBuilder builder(text, file);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    throw input_error_at(file, error.mark.line + 1, error.mark.column + 1, explain(error, text));
  }
  auto root = std::make_shared<YamlNode>(builder.has_root() ? builder.take_root() : YamlNode());
  if (root->kind == YamlNode::Kind::Null) throw InputError(file + ": the file is empty");
  return root;
}

}  // namespace gemel::arch
