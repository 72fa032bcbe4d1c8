// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unrolls LOOP_WS, one cycle at a time (docs/microarchitecture.md, section 18).
#include "sim/arch/loop_matmul.h"
#include "sim/units/loop_unroller.h"

namespace gemel::sim {

class LoopMatmulUnroller final : public LoopSlots<arch::MatmulLoop> {
 public:
  LoopMatmulUnroller(const arch::AcceleratorConfig& config, const arch::DerivedConfig& derived);

  bool owns(const arch::Command& command) const { return arch::is_matmul_loop_command(command.funct, version_); }
  // Everything that happens in `now`. `input`: an own command at the head of the queue, or nullptr; `room`: the next
  // queue has some.
  UnrollerCycle cycle(const arch::Command* input, bool room, Cycle now);
  // While nothing changes but the commands that are given: cycle() without an input, in few steps.
  bool settled() const { return settled_; }
  bool offers(Cycle at);  // `at`: the cycle at hand or the next
  bool give_next(arch::Command& command, Cycle now);
  // The station let go of a command that came from here.
  void left(CommandClass c, Cycle now) { throttle_.left(c, now); }
  // Cycles before `at` (the cycle at hand or the next) in which a slot was configured.
  std::uint64_t configured_cycles(Cycle at) const;
  bool at_rest() const { return !configured() && throttle_.empty(); }

 private:
  void whole_cycle(const arch::Command* input, unsigned stream, Cycle now, UnrollerCycle& done);
  enum Stream : unsigned { kLoadA, kLoadB, kLoadD, kExecute, kStore };
  static constexpr unsigned kNone = kStreams;

  std::uint8_t idle_streams() const;
  bool at_work(Stream stream, unsigned slot, bool active) const { return active && slot_[stream] == slot; }
  bool execute_offers() const;
  bool store_offers() const;
  unsigned pair_choice() const;
  unsigned offering() const;
  bool stream_condition(unsigned stream) const;
  void start(unsigned stream);
  // True where it was the stream's last command.
  bool give(unsigned stream, arch::Command& command);
  std::uint8_t end_empty_streams();
  void configure(const arch::Command& command);

  const arch::DerivedConfig& derived_;
  arch::IsaVersion version_;
  arch::MatmulLoadA load_a_;
  arch::MatmulLoadB load_b_;
  arch::MatmulLoadD load_d_;
  arch::MatmulExecute execute_;
  arch::MatmulStore store_;
  // The last time in which a slot was configured, and the cycles of those before; it goes on while configured().
  std::uint64_t earlier_cycles_ = 0;
  Cycle configured_from_ = 0, configured_until_ = 0;
  // What offers(offered_at_) found.
  Cycle offered_at_ = kNever;
  unsigned offered_ = kNone;
  std::uint32_t d_base_ = 0, execute_base_ = 0, store_base_ = 0;
};

}  // namespace gemel::sim
