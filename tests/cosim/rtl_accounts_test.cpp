// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/rtl_accounts.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gemel::sim {
namespace {

// Four bits a unit: execute lowest, then load, store, dma_read, dma_write, memory.
constexpr std::uint32_t kAllIdle = 0x334335;  // no_command and idle
constexpr std::uint32_t kLoading = 0x030305;  // load and dma_read busy, memory read

Cycle cycles_of(const std::vector<UnitAccounting>& accounting, const std::string& unit, const std::string& cause) {
  for (const UnitAccounting& u : accounting) {
    for (const auto& [name, cycles] : u.causes) {
      if (u.unit == unit && name == cause) return cycles;
    }
  }
  ADD_FAILURE() << "no " << unit << " " << cause;
  return 0;
}

TEST(RtlAccounts, CountTheSpellsOfEachUnit) {
  RtlAccounts accounts;
  accounts.change(0, kAllIdle);
  accounts.change(10, kLoading);
  accounts.change(15, kAllIdle);
  accounts.change(20, kLoading);
  EXPECT_EQ(cycles_of(accounts.result_at(22), "load", "busy"), 7u);
  EXPECT_EQ(cycles_of(accounts.result_at(22), "load", "idle"), 15u);
  EXPECT_EQ(cycles_of(accounts.result_at(22), "execute", "no_command"), 22u);
  EXPECT_EQ(accounts.read_beats(22), 7u);
  EXPECT_EQ(accounts.write_acknowledges(22), 0u);
}

TEST(RtlAccounts, SumToTheCyclesInEveryUnit) {
  RtlAccounts accounts;
  accounts.change(0, kAllIdle);
  accounts.change(1, kLoading);
  for (const Cycle now : {Cycle{1}, Cycle{2}, Cycle{100}}) {
    for (const UnitAccounting& unit : accounts.result_at(now)) {
      Cycle sum = 0;
      for (const auto& cause : unit.causes) sum += cause.second;
      EXPECT_EQ(sum, now) << unit.unit;
    }
  }
}

TEST(RtlAccounts, ACauseThatTheUnitDoesNotHaveIsAnError) {
  RtlAccounts accounts;
  EXPECT_THROW(accounts.change(0, 0x334337), std::runtime_error);  // execute has seven
}

}  // namespace
}  // namespace gemel::sim
