// SPDX-License-Identifier: Apache-2.0
#include "sim/units/loop_matmul_unroller.h"

#include <algorithm>
#include <stdexcept>

namespace gemel::sim {

using arch::Command;

LoopMatmulUnroller::LoopMatmulUnroller(const arch::AcceleratorConfig& config, const arch::DerivedConfig& derived)
    : LoopSlots(config.reservation_station), derived_(derived), version_(config.isa_version) {
  for (unsigned s = 0; s < 2; ++s) slots_[s].loop = arch::matmul_loop_after_reset(s, derived);
  const bool null_skips = version_ == arch::IsaVersion::Gemmini2025;
  load_a_.set_null_skips(null_skips);
  load_b_.set_null_skips(null_skips);
}

std::uint8_t LoopMatmulUnroller::idle_streams() const {
  const unsigned active = (load_a_.active() ? 1u << kLoadA : 0) | (load_b_.active() ? 1u << kLoadB : 0) |
                          (load_d_.active() ? 1u << kLoadD : 0) | (execute_.active() ? 1u << kExecute : 0) |
                          (store_.active() ? 1u << kStore : 0);
  return static_cast<std::uint8_t>(~active & kAllStreams);
}

// Everything that the products at hand need has been asked for.
bool LoopMatmulUnroller::execute_offers() const {
  if (!execute_.active() || execute_.gives_nothing() || throttle_.blocks(CommandClass::Execute)) return false;
  const unsigned slot = slot_[kExecute];
  if (at_work(kLoadD, slot, load_d_.active())) return false;
  const std::uint32_t i = execute_.i(), j = execute_.j(), k = execute_.k();
  const bool a_ahead =
      !at_work(kLoadA, slot, load_a_.active()) || load_a_.k() > k || (load_a_.k() == k && load_a_.i() > i);
  // A's k is meant in the last term, too.
  const bool b_ahead =
      !at_work(kLoadB, slot, load_b_.active()) || load_b_.k() > k || (load_a_.k() == k && load_b_.j() > j);
  return a_ahead && b_ahead;
}

bool LoopMatmulUnroller::store_offers() const {
  if (!store_.active() || store_.gives_nothing() || throttle_.blocks(CommandClass::Store)) return false;
  const unsigned slot = slot_[kStore];
  const std::uint32_t i = store_.i(), end = store_.j() + store_.blocks();
  if (store_.loop().residual_add) {
    const bool loaded = !at_work(kLoadA, slot, load_a_.active()) && !at_work(kLoadB, slot, load_b_.active());
    return loaded || load_b_.k() > i || (load_b_.k() == i && load_b_.j() >= end);
  }
  if (!at_work(kExecute, slot, execute_.active())) return true;
  if (store_.normalises()) return false;
  return execute_.k() == store_.loop().k - 1 && (execute_.j() >= end || (execute_.j() == end - 1 && execute_.i() > i));
}

// Which of A and B may offer.
unsigned LoopMatmulUnroller::pair_choice() const {
  if (slot_[kLoadA] != slot_[kLoadB]) return slot_[kLoadA] == head_ ? kLoadA : kLoadB;
  if (!load_a_.active()) return kLoadB;
  if (load_a_.loop().residual_add || !load_b_.active()) return kLoadA;
  if (load_a_.k() > load_b_.k() || (load_b_.k() == 0 && load_b_.j() == 0)) return kLoadB;
  return kLoadA;
}

unsigned LoopMatmulUnroller::offering() const {
  if (store_offers()) return kStore;
  if (execute_offers()) return kExecute;
  if (throttle_.blocks(CommandClass::Load)) return kNone;
  if (load_d_.active() && !load_d_.gives_nothing()) return kLoadD;
  if (pair_choice() == kLoadA) return load_a_.active() && !load_a_.gives_nothing() ? kLoadA : kNone;
  return load_b_.active() && !load_b_.gives_nothing() ? kLoadB : kNone;
}

bool LoopMatmulUnroller::stream_condition(unsigned stream) const {
  const unsigned slot = candidate(stream);
  switch (stream) {
    case kExecute:
      return has_started(slot, kLoadA) && has_started(slot, kLoadB) && has_started(slot, kLoadD);
    case kStore:
      return has_started(slot, kExecute) || slots_[slot].loop.residual_add;
    default:
      return true;
  }
}

void LoopMatmulUnroller::start(unsigned stream) {
  const unsigned slot = candidate(stream);
  const arch::MatmulLoop& loop = slots_[slot].loop;
  switch (stream) {
    case kLoadA:
      load_a_.start(loop, slot, derived_);
      break;
    case kLoadB:
      load_b_.start(loop, slot, derived_);
      break;
    case kLoadD:
      load_d_.start(loop, d_base_, derived_);
      if (loop.c != 0) move_base(d_base_, derived_);
      break;
    case kExecute:
      execute_.start(loop, slot, execute_base_, derived_);
      if (loop.moves_result_base()) move_base(execute_base_, derived_);
      break;
    default:
      store_.start(loop, slot, store_base_, derived_);
      if (loop.moves_result_base()) move_base(store_base_, derived_);
      break;
  }
  note_start(stream, slot);
}

bool LoopMatmulUnroller::give(unsigned stream, Command& command) {
  const auto take = [&](auto& s, CommandClass c) {
    throttle_.entered(c);
    command = s.command();
    s.advance();
    return !s.active();
  };
  switch (stream) {
    case kLoadA:
      return take(load_a_, CommandClass::Load);
    case kLoadB:
      return take(load_b_, CommandClass::Load);
    case kLoadD:
      return take(load_d_, CommandClass::Load);
    case kExecute:
      return take(execute_, CommandClass::Execute);
    default:
      return take(store_, CommandClass::Store);
  }
}

// Streams without a command of this loop are idle behind one active cycle.
std::uint8_t LoopMatmulUnroller::end_empty_streams() {
  std::uint8_t ended = 0;
  const auto end = [&](auto& s, unsigned stream) {
    if (!s.active() || !s.gives_nothing()) return;
    s.finish();
    ended |= static_cast<std::uint8_t>(1u << stream);
  };
  end(load_a_, kLoadA);
  end(load_b_, kLoadB);
  end(load_d_, kLoadD);
  end(execute_, kExecute);
  end(store_, kStore);
  return ended;
}

void LoopMatmulUnroller::configure(const Command& command) {
  LoopSlot<arch::MatmulLoop>& slot = slots_[target()];
  arch::write_matmul_register(slot.loop, command, version_);
  if (static_cast<arch::Funct>(command.funct) != arch::Funct::LoopWs) return;
  const arch::MatmulLoop& loop = slot.loop;
  if (loop.i == 0 || loop.j == 0 || (loop.k == 0 && !loop.residual_add))
    throw std::invalid_argument("loop_ws: a loop of 0 blocks; set loop_ws_bounds before it");
  slot.configured = true;
  const unsigned skipped = (loop.skip_load_a ? 1u << kLoadA : 0) | (loop.skip_load_b ? 1u << kLoadB : 0) |
                           (loop.skip_load_d ? 1u << kLoadD : 0) | (loop.skip_execute ? 1u << kExecute : 0) |
                           (loop.skip_store ? 1u << kStore : 0);
  if (skipped == kAllStreams) throw std::invalid_argument("loop_ws: every stream is skipped; the loop would never end");
  slot.started = slot.completed = static_cast<std::uint8_t>(skipped);
}

std::uint64_t LoopMatmulUnroller::configured_cycles(Cycle at) const {
  const Cycle until = configured() ? at : std::min(at, configured_until_);
  return earlier_cycles_ + (until > configured_from_ ? until - configured_from_ : 0);
}

UnrollerCycle LoopMatmulUnroller::cycle(const Command* input, bool room, Cycle now) {
  UnrollerCycle done;
  throttle_.sync(now);
  const unsigned stream = room && configured() ? offering() : kNone;
  if (!settled_ || (input != nullptr && target_is_free())) {
    whole_cycle(input, stream, now, done);
    return done;
  }
  if (stream == kNone) return done;
  done.changed = done.gave = true;
  if (give(stream, done.command)) settled_ = false;
  return done;
}

// Nothing that is told later about the cycle before `at`, or in `at`, changes it.
bool LoopMatmulUnroller::offers(Cycle at) {
  throttle_.sync(at);
  offered_at_ = at;
  offered_ = offering();
  return offered_ != kNone;
}

bool LoopMatmulUnroller::give_next(Command& command, Cycle now) {
  if (offered_at_ != now) offers(now);
  if (offered_ == kNone) return false;
  if (give(offered_, command)) settled_ = false;
  return true;
}

void LoopMatmulUnroller::whole_cycle(const Command* input, unsigned stream, Cycle now, UnrollerCycle& done) {
  const std::uint8_t idle = idle_streams();
  const bool running = configured();
  const std::uint8_t completes = completing(idle);
  const bool retires = head_retires();
  done.consumed = input != nullptr && target_is_free();
  std::uint8_t starts = 0;
  for (unsigned s = 0; running && s < kStreams; ++s)
    if ((idle >> s & 1) != 0 && may_start(s) && stream_condition(s)) starts |= static_cast<std::uint8_t>(1u << s);

  const std::uint8_t ended = end_empty_streams();
  bool last = false;
  if (stream != kNone) {
    done.gave = true;
    last = give(stream, done.command);
  }
  if (done.consumed) configure(*input);
  complete(completes);
  for (unsigned s = 0; s < kStreams; ++s)
    if ((starts >> s & 1) != 0) start(s);
  if (retires) retire_head();
  if (!running && configured()) {
    earlier_cycles_ += configured_until_ - configured_from_;
    configured_from_ = now + 1;
  }
  if (running && !configured()) configured_until_ = now + 1;
  const bool moved = done.consumed || starts != 0 || completes != 0 || ended != 0 || retires;
  settled_ = !moved && !last;
  done.changed = moved || done.gave;
}

}  // namespace gemel::sim
