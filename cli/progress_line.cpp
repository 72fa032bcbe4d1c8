// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace gemel::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

bool ProgressLine::is_due() const { return is_terminal_ && std::chrono::steady_clock::now() - last_ >= kInterval; }

void ProgressLine::show(const std::string& text) {
  if (!is_terminal_) return;
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
  is_dirty_ = true;
  last_ = std::chrono::steady_clock::now();
}

void ProgressLine::clear() {
  if (!is_dirty_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  is_dirty_ = false;
}

}  // namespace gemel::cli
