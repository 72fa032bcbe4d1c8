// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/text_scanner.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "sim/arch/numerics.h"

namespace gemel::arch {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool parse_unsigned(std::string_view text, std::uint64_t& value) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool parse_scale_bits(std::string_view text, std::uint32_t& bits) {
  std::uint64_t word = 0;
  if (text.substr(0, 5) == "bits:") {
    if (!parse_unsigned(text.substr(5), word) || word > 0xFFFFFFFFu) return false;
    bits = static_cast<std::uint32_t>(word);
    return true;
  }
  const std::string copy(text);
  char* end = nullptr;
  const float value = std::strtof(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || value != value) return false;
  bits = bits_from_float(value);
  return true;
}

void append_scale_bits(std::string& out, std::uint32_t bits) {
  const float value = float_from_bits(bits);
  if (value != value) {
    out += "bits:";
    append_hex(out, bits);
    return;
  }
  char buffer[40];
  const int length = std::snprintf(buffer, sizeof buffer, "%.9g", static_cast<double>(value));
  out.append(buffer, static_cast<std::size_t>(length));
}

void LineScanner::skip_space() {
  while (at_ < line_.size() && is_space(line_[at_])) ++at_;
}

bool LineScanner::at_end() {
  skip_space();
  return at_ == line_.size();
}

int LineScanner::column() {
  skip_space();
  return first_column_ + static_cast<int>(at_);
}

std::string_view LineScanner::word(const char* expected) {
  if (at_end()) fail(column(), std::string("line ends here; expected ") + expected);
  const std::size_t begin = at_;
  while (at_ < line_.size() && !is_space(line_[at_])) ++at_;
  return line_.substr(begin, at_ - begin);
}

std::string LineScanner::quoted(const char* expected) {
  const int begin = column();
  if (at_end() || line_[at_] != '"') fail(begin, std::string("expected ") + expected + " in double quotes");
  std::string text;
  for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
    if (line_[at_] != '\\') {
      text += line_[at_];
      continue;
    }
    const char kind = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
    if (kind == 'n' || kind == 't' || kind == '"' || kind == '\\') {
      text += kind == 'n' ? '\n' : kind == 't' ? '\t' : kind;
      ++at_;
    } else if (kind == 'x' && at_ + 3 < line_.size() && hex_digit(line_[at_ + 2]) >= 0 &&
               hex_digit(line_[at_ + 3]) >= 0) {
      text += static_cast<char>(hex_digit(line_[at_ + 2]) * 16 + hex_digit(line_[at_ + 3]));
      at_ += 3;
    } else {
      fail(first_column_ + static_cast<int>(at_), "unknown escape; expected \\n, \\t, \\\", \\\\ or \\xHH");
    }
  }
  if (at_ == line_.size()) fail(begin, "no closing quote");
  ++at_;
  return text;
}

std::uint64_t LineScanner::number(const char* expected) {
  const int begin = column();
  const std::string_view text = word(expected);
  std::uint64_t value = 0;
  if (!parse_unsigned(text, value)) {
    fail(begin, "'" + std::string(text) + "' is not a number; expected " + expected);
  }
  return value;
}

std::int64_t LineScanner::signed_number(const char* expected) {
  const int begin = column();
  const bool negative = take('-');
  std::size_t end = at_;
  while (end < line_.size() && !is_space(line_[end]) && line_[end] != ',' && line_[end] != ']') ++end;
  std::uint64_t value = 0;
  const std::string_view text = line_.substr(at_, end - at_);
  const std::uint64_t most = (std::uint64_t{1} << 63) - (negative ? 0 : 1);
  if (!parse_unsigned(text, value) || value > most) {
    fail(begin, "'" + std::string(text) + "' is not a number; expected " + expected);
  }
  at_ = end;
  return static_cast<std::int64_t>(negative ? ~value + 1 : value);
}

float LineScanner::scale() {
  const int begin = column();
  const std::string_view text = word("a number");
  std::uint32_t bits = 0;
  if (!parse_scale_bits(text, bits)) {
    fail(begin, "'" + std::string(text) + "' is not a scale; expected a number or bits:0x...");
  }
  return float_from_bits(bits);
}

void LineScanner::skip_text(const std::string& text) {
  const int begin = column();
  if (rest().substr(0, text.size()) != text) fail(begin, "expected '" + text + "'");
  at_ += text.size();
}

void LineScanner::expect_end() {
  if (!at_end()) fail(column(), "unexpected '" + std::string(rest()) + "'; expected the end of the line");
}

bool LineScanner::take(char c) {
  skip_space();
  if (at_ == line_.size() || line_[at_] != c) return false;
  ++at_;
  return true;
}

void LineScanner::expect(char c, const char* expected) {
  if (!take(c)) fail(column(), std::string("expected ") + expected);
}

void append_decimal(std::string& out, std::uint64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void append_hex(std::string& out, std::uint64_t value) {
  char buffer[24];
  out += "0x";
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr);
}

std::string hex_text(std::uint64_t value) {
  std::string text;
  append_hex(text, value);
  return text;
}

void append_quoted(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\t') {
      out += c == '\n' ? "\\n" : "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace gemel::arch
