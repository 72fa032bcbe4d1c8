// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one line of text as tokens with their columns. Errors name the column and what was expected.
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/arch/command_text.h"

namespace gemel::arch {

class LineScanner {
 public:
  // `first_column` is the column (from 1) of the first character of `line`.
  explicit LineScanner(std::string_view line, int first_column = 1) : line_(line), first_column_(first_column) {}

  bool at_end();                                // nothing left but space
  int column();                                 // of the next token
  std::string_view word(const char* expected);  // up to the next space; an error where there is none
  std::string quoted(const char* expected);     // "..." with \" \\ \n \t \xHH
  std::uint64_t number(const char* expected);   // decimal or 0x
  std::int64_t signed_number(const char* expected);
  float scale();                            // a float32 in decimal, or its bits as bits:0x...
  void expect_end();                        // an error where something is left
  void skip_text(const std::string& text);  // an error where something else stands here
  bool take(char c);                        // the next character, if it is that
  void expect(char c, const char* expected);
  std::string_view rest() const { return line_.substr(at_); }

  [[noreturn]] void fail(int column, const std::string& what) const { throw CommandTextError(column, what); }

 private:
  void skip_space();

  std::string_view line_;
  std::size_t at_ = 0;
  int first_column_;
};

// Whole of `text` as a number, decimal or 0x; false where it is none or does not fit.
bool parse_unsigned(std::string_view text, std::uint64_t& value);
// Whole of `text` as the bits of a float32: decimal, or bits:0x... (NaN has no decimal).
bool parse_scale_bits(std::string_view text, std::uint32_t& bits);
void append_scale_bits(std::string& out, std::uint32_t bits);  // reads back with the same bits

void append_decimal(std::string& out, std::uint64_t value);
void append_hex(std::string& out, std::uint64_t value);  // 0x..., lower case, no leading zeros
std::string hex_text(std::uint64_t value);               // the same by itself
void append_quoted(std::string& out, std::string_view text);

}  // namespace gemel::arch
