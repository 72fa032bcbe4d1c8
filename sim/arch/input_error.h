// SPDX-License-Identifier: Apache-2.0
#pragma once
// What bad input gets: one finished line for a person. Thrown at the edges, printed by the command line, which
// then exits with status 2.
#include <stdexcept>
#include <string>

namespace gemel::arch {

class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& line) : std::runtime_error(line) {}
};

// A place in an input file. Lines and columns count from 1; 0 means unknown and is left out of messages.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
};

// "file:line:column", as much of it as is known.
inline std::string to_string(const SourcePosition& position) {
  std::string text = position.file;
  if (position.line > 0) {
    text += ":" + std::to_string(position.line);
    if (position.column > 0) text += ":" + std::to_string(position.column);
  }
  return text;
}

// "file:line:column: what is wrong; what would be right".
inline InputError input_error_at(const SourcePosition& position, const std::string& what) {
  return InputError(to_string(position) + ": " + what);
}
inline InputError input_error_at(const std::string& file, int line, int column, const std::string& what) {
  return input_error_at(SourcePosition{file, line, column}, what);
}

}  // namespace gemel::arch
