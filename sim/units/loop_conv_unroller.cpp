// SPDX-License-Identifier: Apache-2.0
#include "sim/units/loop_conv_unroller.h"

#include <stdexcept>

namespace gemel::sim {

using arch::Command;

LoopConvUnroller::LoopConvUnroller(const arch::AcceleratorConfig& config, const arch::DerivedConfig& derived)
    : LoopSlots(config.reservation_station), derived_(derived), version_(config.isa_version) {
  const bool null_skips = version_ == arch::IsaVersion::Gemmini2025;
  input_.set_null_skips(null_skips);
  weights_.set_null_skips(null_skips);
}

std::uint8_t LoopConvUnroller::active_streams() const {
  return static_cast<std::uint8_t>((bias_.active() ? 1u << kBias : 0) | (input_.active() ? 1u << kInput : 0) |
                                   (weights_.active() ? 1u << kWeights : 0) | (execute_.active() ? 1u << kExecute : 0) |
                                   (store_.active() ? 1u << kStore : 0));
}

unsigned LoopConvUnroller::offering() const {
  for (const unsigned stream : {kStore, kExecute, kBias, kWeights, kInput})
    if (pipes_[stream].offers() && !throttle_.blocks(class_of(stream))) return stream;
  return kNone;
}

// The stream is active and has a command to give.
bool LoopConvUnroller::may_enter_pipe(unsigned stream, std::uint8_t idle) const {
  const auto settled = [&](unsigned other) {  // not at work for this stream's slot
    return slot_[other] != slot_[stream] || (idle >> other & 1) != 0;
  };
  switch (stream) {
    case kExecute:
      return settled(kBias) && settled(kInput) && settled(kWeights);
    case kStore:
      return settled(kExecute);
    default: {
      const unsigned slot = slot_[kExecute];
      const bool loaded = has_completed(slot, kBias) && has_completed(slot, kInput) && has_completed(slot, kWeights);
      const bool execute_waits = has_started(slot, kExecute) && !has_completed(slot, kExecute) && !loaded;
      return !execute_waits || slot == slot_[stream];
    }
  }
}

bool LoopConvUnroller::stream_condition(unsigned stream) const {
  const unsigned slot = candidate(stream);
  switch (stream) {
    case kExecute:
      return has_started(slot, kBias) && has_started(slot, kInput) && has_started(slot, kWeights);
    case kStore:
      return has_started(slot, kExecute);
    default:
      return true;
  }
}

void LoopConvUnroller::start(unsigned stream) {
  const unsigned slot = candidate(stream);
  const arch::ConvLoop& loop = slots_[slot].loop;
  const auto base = [&](std::uint32_t& of_stream) {
    const std::uint32_t value = of_stream;
    if (loop.output != 0) move_base(of_stream, derived_);
    return value;
  };
  switch (stream) {
    case kBias:
      bias_.start(loop, base(bias_base_), derived_);
      break;
    case kInput:
      input_.start(loop, slot, derived_);
      break;
    case kWeights:
      weights_.start(loop, slot, derived_);
      break;
    case kExecute:
      execute_.start(loop, slot, base(execute_base_), derived_);
      break;
    default:
      store_.start(loop, base(store_base_), derived_);
      break;
  }
  note_start(stream, slot);
}

// One cycle of a stream and its pipe. True where anything changed.
bool LoopConvUnroller::advance_stream(unsigned stream, bool gives, std::uint8_t idle) {
  const bool room = pipes_[stream].has_room(gives);
  const auto step = [&](auto& s) {
    if (!s.active()) return pipes_[stream].shift(gives, nullptr);
    if (s.gives_nothing()) {
      s.finish();
      pipes_[stream].shift(gives, nullptr);
      return true;
    }
    if (!room || !may_enter_pipe(stream, idle)) return pipes_[stream].shift(gives, nullptr);
    const Command command = s.command();
    s.advance();
    return pipes_[stream].shift(gives, &command);
  };
  switch (stream) {
    case kBias:
      return step(bias_);
    case kInput:
      return step(input_);
    case kWeights:
      return step(weights_);
    case kExecute:
      if (execute_.active() && execute_.left_out()) {
        execute_.advance();
        pipes_[stream].shift(gives, nullptr);
        return true;
      }
      return step(execute_);
    default:
      return step(store_);
  }
}

void LoopConvUnroller::configure(const Command& command) {
  LoopSlot<arch::ConvLoop>& slot = slots_[target()];
  arch::write_conv_register(slot.loop, command, version_);
  if (static_cast<arch::Funct>(command.funct) != arch::Funct::LoopConvWs) return;
  const arch::ConvLoop& loop = slot.loop;
  if (loop.batches == 0 || loop.out_rows == 0 || loop.out_cols == 0 || loop.pooled_channels == 0 ||
      loop.kernel_rows == 0 || loop.kernel_cols == 0 || loop.kernel_channels == 0)
    throw std::invalid_argument("loop_conv_ws: a loop of 0 steps; set loop_conv_ws_config1 to 4 before it");
  slot.configured = true;
}

UnrollerCycle LoopConvUnroller::cycle(const Command* input, bool room, Cycle now) {
  UnrollerCycle done;
  throttle_.sync(now);
  const bool running = configured();
  std::uint8_t idle = static_cast<std::uint8_t>(~active_streams() & kAllStreams);
  for (unsigned s = 0; s < kStreams; ++s)
    if (!pipes_[s].empty()) idle &= static_cast<std::uint8_t>(~(1u << s));
  const unsigned giving = running && room ? offering() : kNone;
  const std::uint8_t newly_idle = idle & static_cast<std::uint8_t>(~idle_before_);
  idle_before_ = idle;
  done.consumed = input != nullptr && target_is_free();
  std::uint8_t completes = 0, starts = 0;
  bool retires = false;
  if (!settled_ || newly_idle != 0) {
    completes = completing(idle);
    retires = head_retires();
    for (unsigned s = 0; running && s < kStreams; ++s)
      if ((idle >> s & 1) != 0 && may_start(s) && stream_condition(s)) starts |= static_cast<std::uint8_t>(1u << s);
  }

  if (giving != kNone) {
    done.gave = true;
    done.command = pipes_[giving].front();
    throttle_.entered(class_of(giving));
  }
  bool moved = false;
  for (unsigned s = 0; running && s < kStreams; ++s)
    if ((idle >> s & 1) == 0) moved |= advance_stream(s, s == giving, idle);
  if (done.consumed) configure(*input);
  complete(completes);
  for (unsigned s = 0; s < kStreams; ++s)
    if ((starts >> s & 1) != 0) start(s);
  if (retires) retire_head();
  settled_ = !done.consumed && starts == 0 && completes == 0 && !retires;
  done.changed = !settled_ || moved;
  return done;
}

}  // namespace gemel::sim
