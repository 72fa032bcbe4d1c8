// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unrolls LOOP_CONV_WS, one cycle at a time (docs/microarchitecture.md, section 19).
#include "sim/arch/loop_conv.h"
#include "sim/units/loop_unroller.h"

namespace gemel::sim {

// The two stages between a stream and its offer.
class LoopPipe {
 public:
  bool empty() const { return !valid_[0] && !valid_[1]; }
  bool offers() const { return valid_[1]; }
  bool has_room(bool gives) const { return gives || !valid_[0] || !valid_[1]; }
  const arch::Command& front() const { return stage_[1]; }
  // The clock edge. True where anything moved.
  bool shift(bool gives, const arch::Command* entering) {
    const bool moves = valid_[0] && (gives || !valid_[1]);
    if (gives) valid_[1] = false;
    if (moves) {
      stage_[1] = stage_[0];
      valid_[1] = true;
      valid_[0] = false;
    }
    if (entering != nullptr) {
      stage_[0] = *entering;
      valid_[0] = true;
    }
    return gives || moves || entering != nullptr;
  }

 private:
  std::array<arch::Command, 2> stage_;
  std::array<bool, 2> valid_{};
};

class LoopConvUnroller final : public LoopSlots<arch::ConvLoop> {
 public:
  LoopConvUnroller(const arch::AcceleratorConfig& config, const arch::DerivedConfig& derived);

  bool owns(const arch::Command& command) const { return arch::is_conv_loop_command(command.funct); }
  // Everything that happens in `now`. `input`: an own command at the head of the queue, or nullptr; `room`: the next
  // queue has some.
  UnrollerCycle cycle(const arch::Command* input, bool room, Cycle now);
  // The station let go of a command that came from here.
  void left(CommandClass c, Cycle now) { throttle_.left(c, now); }
  bool at_rest() const { return !configured() && throttle_.empty(); }

 private:
  enum Stream : unsigned { kBias, kInput, kWeights, kExecute, kStore };
  static constexpr unsigned kNone = kStreams;
  static CommandClass class_of(unsigned stream) {
    return stream == kExecute ? CommandClass::Execute : stream == kStore ? CommandClass::Store : CommandClass::Load;
  }

  std::uint8_t active_streams() const;
  unsigned offering() const;
  bool may_enter_pipe(unsigned stream, std::uint8_t idle) const;
  bool stream_condition(unsigned stream) const;
  void start(unsigned stream);
  bool advance_stream(unsigned stream, bool gives, std::uint8_t idle);
  void configure(const arch::Command& command);

  const arch::DerivedConfig& derived_;
  arch::IsaVersion version_;
  arch::ConvLoadBias bias_;
  arch::ConvLoadInput input_;
  arch::ConvLoadWeights weights_;
  arch::ConvExecute execute_;
  arch::ConvStore store_;
  std::array<LoopPipe, kStreams> pipes_;
  std::uint8_t idle_before_ = 0;  // in the cycle before
  std::uint32_t bias_base_ = 0, execute_base_ = 0, store_base_ = 0;
};

}  // namespace gemel::sim
