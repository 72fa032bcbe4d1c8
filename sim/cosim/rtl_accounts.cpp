// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/rtl_accounts.h"

#include <stdexcept>
#include <string>

namespace gemel::sim {
namespace {

struct UnitNames {
  const char* unit;
  std::vector<const char*> causes;
};

// In the order of the monitor's codes.
const std::array<UnitNames, 6>& names() {
  static const std::array<UnitNames, 6> kNames = {{
      {"execute", {"busy", "bank_conflict", "wait_load", "wait_store", "wait_drain", "no_command", "issue"}},
      {"load", {"busy", "wait_tracker", "wait_reader", "idle"}},
      {"store", {"busy", "wait_tracker", "wait_dispatch", "idle"}},
      {"dma_read", {"busy", "wait_slot", "wait_port", "wait_buffer", "idle"}},
      {"dma_write", {"busy", "wait_slot", "wait_port", "idle"}},
      {"memory", {"read", "write", "latency", "idle"}},
  }};
  return kNames;
}

}  // namespace

void RtlAccounts::change(Cycle now, std::uint32_t word) {
  for (unsigned u = 0; u < kUnits; ++u) {
    const unsigned cause = word >> 4 * u & 15;
    if (has_begun_ && cause == cause_[u]) continue;
    if (cause >= names()[u].causes.size()) {
      throw std::runtime_error(std::string("the monitor reports cause ") + std::to_string(cause) + " of unit " +
                               names()[u].unit + ", which it does not have");
    }
    cycles_[u][cause_[u]] += now - since_[u];
    since_[u] = now;
    cause_[u] = cause;
  }
  has_begun_ = true;
}

Cycle RtlAccounts::cycles_of(unsigned unit, unsigned cause, Cycle now) const {
  return cycles_[unit][cause] + (has_begun_ && cause == cause_[unit] ? now - since_[unit] : 0);
}

std::vector<UnitAccounting> RtlAccounts::result_at(Cycle now) const {
  std::vector<UnitAccounting> accounting;
  for (unsigned u = 0; u < kUnits; ++u) {
    UnitAccounting unit{names()[u].unit, {}};
    for (unsigned c = 0; c < names()[u].causes.size(); ++c) {
      unit.causes.emplace_back(names()[u].causes[c], cycles_of(u, c, now));
    }
    accounting.push_back(std::move(unit));
  }
  return accounting;
}

}  // namespace gemel::sim
