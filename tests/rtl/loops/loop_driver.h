// SPDX-License-Identifier: Apache-2.0
#pragma once
// Drives an unroller: offers commands, takes what comes out (with stalls), lets commands leave the station.
#include <array>
#include <deque>
#include <vector>

#include "Vloop_bench.h"
#include "sim/arch/command.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {

struct LoopCommand {
  unsigned funct = 0;
  std::uint64_t rs1 = 0, rs2 = 0;
  bool operator==(const LoopCommand& other) const {
    return funct == other.funct && rs1 == other.rs1 && rs2 == other.rs2;
  }
};
inline std::ostream& operator<<(std::ostream& out, const LoopCommand& command) {
  return out << command.funct << std::hex << " 0x" << command.rs1 << " 0x" << command.rs2 << std::dec;
}

struct GivenCommand {
  std::uint64_t cycle = 0;
  LoopCommand command;
};

class LoopDriver : public UnitBench<Vloop_bench> {
 protected:
  enum Class : unsigned { kLoad, kProduct, kStore };

  void clear_inputs() override {
    top().in_valid_i = 0;
    top().out_ready_i = 0;
    top().left_i = 0;
    under_way_ = {};
    to_give_.clear();
    given_.clear();
    run_consumed_.clear();
  }
  void choose(unsigned unit) { top().unit_i = static_cast<std::uint8_t>(unit); }
  void enqueue(const std::vector<LoopCommand>& commands) {
    to_give_.insert(to_give_.end(), commands.begin(), commands.end());
  }

  static Class class_of(const LoopCommand& command) {
    const auto funct = static_cast<arch::Funct>(command.funct);
    if (funct == arch::Funct::Config) {
      const unsigned subtype = command.rs1 & 3;
      return subtype == 1 ? kLoad : subtype == 0 ? kProduct : kStore;
    }
    if (funct == arch::Funct::Mvout) return kStore;
    const bool loads = funct == arch::Funct::Mvin || funct == arch::Funct::Mvin2 || funct == arch::Funct::Mvin3;
    return loads ? kLoad : kProduct;
  }
  static unsigned entries(Class of) {
    const auto& station = bench_config().reservation_station;
    return of == kLoad ? station.load_entries : of == kProduct ? station.execute_entries : station.store_entries;
  }

  // One cycle. `takes`: the next queue has room; `leaves`: a command of each class leaves, where there is one.
  void cycle(bool takes, bool leaves) {
    top().in_valid_i = !to_give_.empty();
    if (!to_give_.empty()) {
      top().in_funct_i = static_cast<std::uint8_t>(to_give_.front().funct);
      top().in_rs1_i = to_give_.front().rs1;
      top().in_rs2_i = to_give_.front().rs2;
    }
    top().out_ready_i = takes;
    unsigned left = 0;
    for (unsigned of = 0; of < 3; ++of) {
      if (!leaves || under_way_[of] == 0) continue;
      left |= 1u << (2 * of);
      --under_way_[of];
    }
    top().left_i = static_cast<std::uint8_t>(left);
    settle();
    if (takes && top().out_valid_o) {
      const LoopCommand command{top().out_funct_o, top().out_rs1_o, top().out_rs2_o};
      given_.push_back({now(), command});
      if (top().out_owner_o != 0) ++under_way_[class_of(command)];
    }
    if (!to_give_.empty() && top().in_ready_o) {
      if (to_give_.front().funct == 8 || to_give_.front().funct == 15) run_consumed_.push_back(now());
      to_give_.pop_front();
    }
    tick();
  }
  // Until everything is consumed and unrolled.
  void run(std::mt19937* random, unsigned take_percent, unsigned leave_percent) {
    for (int i = 0; i < 200000; ++i) {
      const auto chance = [&](unsigned percent) { return random == nullptr || (*random)() % 100 < percent; };
      cycle(chance(take_percent), chance(leave_percent));
      top().in_valid_i = 0;
      settle();
      if (to_give_.empty() && !top().busy_o) return;
      for (unsigned of = 0; of < 3; ++of) {
        ASSERT_LE(under_way_[of], entries(static_cast<Class>(of))) << "the throttle of class " << of;
      }
    }
    FAIL() << "a loop does not end";
  }

  std::vector<LoopCommand> given() const {
    std::vector<LoopCommand> commands;
    for (const GivenCommand& each : given_) commands.push_back(each.command);
    return commands;
  }
  std::array<unsigned, 3> under_way_{};
  std::deque<LoopCommand> to_give_;
  std::vector<GivenCommand> given_;
  std::vector<std::uint64_t> run_consumed_;  // cycles
};

// Fields of rs1 and rs2.
inline std::uint64_t block(std::uint64_t address, std::uint64_t rows, std::uint64_t cols) {
  return rows << 48 | (cols & 0xffff) << 32 | address;
}
constexpr std::uint64_t kGarbage = 0xffffffff, kAccumulator = 1u << 31, kAccumulate = 1u << 30, kFullWidth = 1u << 29;

}  // namespace gemel::rtl
