// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/stop_request.h"

namespace gemel::sim {
namespace {

volatile sig_atomic_t caught = 0;

void remember(int number) { caught = number; }

}  // namespace

StopRequest::StopRequest() {
  caught = 0;
  struct sigaction action {};
  action.sa_handler = remember;
  for (int i = 0; i < 3; ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);  // nohup keeps its meaning
  }
}

StopRequest::~StopRequest() {
  for (int i = 0; i < 3; ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

int StopRequest::signal_number() { return caught; }

}  // namespace gemel::sim
