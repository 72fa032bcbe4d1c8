// SPDX-License-Identifier: Apache-2.0
#include "sim/trace/event_log.h"

#include <algorithm>
#include <tuple>

namespace gemel::sim {

const std::vector<Event>& EventLog::sorted() {
  std::sort(events_.begin(), events_.end(), [](const Event& x, const Event& y) {
    return std::tie(x.cycle, x.kind, x.a, x.b) < std::tie(y.cycle, y.kind, y.a, y.b);
  });
  return events_;
}

}  // namespace gemel::sim
