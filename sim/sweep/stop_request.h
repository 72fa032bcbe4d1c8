// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ctrl-C and its like, while the object lives: remembered instead of ending the program at once.
#include <signal.h>

namespace gemel::sim {

class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  static int signal_number();  // 0: nobody asked

 private:
  static constexpr int kSignals[3] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[3];
};

}  // namespace gemel::sim
