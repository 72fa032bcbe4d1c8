// SPDX-License-Identifier: Apache-2.0
#pragma once
// One line on the terminal that is rewritten in place; nothing where stderr is not a terminal.
#include <chrono>
#include <string>

namespace gemel::cli {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool is_shown() const { return is_terminal_; }
  bool is_due() const;                 // enough time has passed for another update
  void show(const std::string& text);  // at once
  void clear();

 private:
  bool is_terminal_;
  bool is_dirty_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace gemel::cli
