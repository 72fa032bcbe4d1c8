// SPDX-License-Identifier: Apache-2.0
#include "sim/native/fatal_signals.h"

#include <signal.h>

#include <cstddef>

namespace gemel::sim {

namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT, SIGHUP};

alignas(16) unsigned char alternate_stack[64 * 1024];
void (*before_death)() = nullptr;

extern "C" void gemel_native_die(int signal) {
  if (before_death != nullptr) {
    void (*const handler)() = before_death;
    before_death = nullptr;
    handler();
  }
  raise(signal);  // its default action is in place again
}

}  // namespace

void on_fatal_signals(void (*handler)()) {
  before_death = handler;
  stack_t stack = {};
  stack.ss_sp = alternate_stack;
  stack.ss_size = sizeof alternate_stack;
  sigaltstack(&stack, nullptr);
  for (const int signal : kSignals) {
    struct sigaction old = {};
    sigaction(signal, nullptr, &old);
    if (old.sa_handler != SIG_DFL) continue;
    struct sigaction action = {};
    action.sa_handler = gemel_native_die;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace gemel::sim
