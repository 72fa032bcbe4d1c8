// SPDX-License-Identifier: Apache-2.0
#include "sim/units/reservation_station.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/trace/event_log.h"

namespace gemel::sim {

using arch::Command;
using arch::Funct;

ReservationStation::ReservationStation(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                                       const arch::DerivedConfig& derived)
    : Unit(name),
      derived_(derived),
      ranges_(derived),
      entries_count_{config.reservation_station.load_entries, config.reservation_station.execute_entries,
                     config.reservation_station.store_entries} {
  for (unsigned c = 0; c < kCommandClasses; ++c) {
    entries_[c].resize(entries_count_[c]);
    all_entries_[c] = entries_count_[c] >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << entries_count_[c]) - 1;
  }
  block_stride_.fill(derived.dim);
}

void ReservationStation::connect(CommandSink& load, CommandSink& execute, CommandSink& store, Unit& front_end,
                                 EventLog* events) {
  sinks_ = {&load, &execute, &store};
  front_end_ = &front_end;
  events_ = events;
}

CommandClass ReservationStation::class_of_configuration(arch::ConfigKind kind) {
  switch (kind) {
    case arch::ConfigKind::Execute:
      return CommandClass::Execute;
    case arch::ConfigKind::Load:
      return CommandClass::Load;
    case arch::ConfigKind::Store:
    case arch::ConfigKind::Normalise:
      break;
  }
  return CommandClass::Store;
}

void ReservationStation::refuse(const Command& command) {
  throw std::invalid_argument("function code " + std::to_string(command.funct) +
                              " is not an instruction of this machine");
}

template <CommandClass kClass>
[[gnu::always_inline]] inline void ReservationStation::describe_ranges(const Command& command, Entry& entry) {
  const auto range = [&](arch::LocalAddress first, std::uint32_t rows) {
    const RowRange r = ranges_.of(first, rows);
    any_wrapped_ |= r.wraps();
    return r;
  };
  const std::uint32_t dim = derived_.dim;
  entry.reads[0] = entry.reads[1] = entry.writes = RowRange{};
  if constexpr (kClass == CommandClass::Load) {
    const arch::Mvin m = arch::decode_mvin(command);
    const std::uint32_t blocks = (m.local.cols + dim - 1) / dim;
    entry.writes = range(m.local.address, (blocks > 0 ? blocks - 1 : 0) * block_stride_[m.state] + m.local.rows);
    const std::uint32_t below = pixel_repeats_[m.state] - 1;
    if (!entry.writes.empty()) entry.writes.start -= std::min(entry.writes.start - entry.writes.memory_start(), below);
  } else if constexpr (kClass == CommandClass::Execute) {
    if (static_cast<Funct>(command.funct) == Funct::Preload) {
      const arch::Preload p = arch::decode_preload(command.rs1, command.rs2);
      entry.reads[0] = range(p.bd.address, preload_transposed_ ? p.bd.cols : p.bd.rows);
      entry.writes = range(p.c.address, p.c.rows * c_stride_);
    } else {
      const arch::Compute k = arch::decode_compute(command);
      entry.reads[0] = range(k.a.address, (a_transpose_ ? k.a.cols : k.a.rows) * a_stride_);
      entry.reads[1] = range(k.bd.address, compute_transposed_ ? k.bd.cols : k.bd.rows);
    }
  } else {
    const arch::Mvout m = arch::decode_mvout(command.rs1, command.rs2);
    if (pooling_) {
      const bool acc = m.local.address.is_accumulator();
      const std::uint32_t bank_rows = acc ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
      const std::uint32_t row = m.local.address.row(derived_);
      entry.reads[0] = range(m.local.address, bank_rows - row % bank_rows);
    } else {
      const std::uint32_t blocks = (m.local.cols + dim - 1) / dim;
      entry.reads[0] = range(m.local.address, (blocks > 0 ? blocks - 1 : 0) * dim + m.local.rows);
    }
  }
}

void ReservationStation::shadow_configuration(const Command& command) {
  switch (arch::config_kind(command.rs1)) {
    case arch::ConfigKind::Execute: {
      const arch::ConfigExecute c = arch::decode_config_execute(command.rs1, command.rs2);
      a_stride_ = c.a_stride;
      c_stride_ = c.c_stride;
      if (!c.set_only_strides) {
        const bool output_stationary = c.dataflow == arch::Dataflow::OutputStationary;
        a_transpose_ = c.a_transpose;
        preload_transposed_ = c.b_transpose && !output_stationary;
        compute_transposed_ = c.b_transpose && output_stationary;
      }
      break;
    }
    case arch::ConfigKind::Load: {
      const arch::ConfigLoad c = arch::decode_config_load(command.rs1, command.rs2);
      if (c.state > 2) throw std::invalid_argument("config_ld: load state 3 does not exist; use 0, 1 or 2");
      block_stride_[c.state] = c.block_stride;
      pixel_repeats_[c.state] = c.pixel_repeats;
      break;
    }
    case arch::ConfigKind::Store: {
      const arch::ConfigStore c = arch::decode_config_store(command.rs1, command.rs2);
      pooling_ = c.pool_stride != 0 || c.pool_size != 0;
      break;
    }
    case arch::ConfigKind::Normalise:
      break;
  }
}

template <CommandClass kClass, bool kMayWrap>
[[gnu::always_inline]] inline void ReservationStation::find_dependencies(Entry& entry) {
  const auto overlap = [](const RowRange& x, const RowRange& y) {
    return kMayWrap ? x.overlaps(y) : x.overlaps_unwrapped(y);
  };
  const auto scan = [&](CommandClass other, auto&& hazard) {
    std::uint64_t waits = 0;
    for (std::uint64_t mask = valid_[index(other)]; mask != 0; mask &= mask - 1) {
      const unsigned i = static_cast<unsigned>(__builtin_ctzll(mask));
      if (hazard(entries_[index(other)][i])) waits |= std::uint64_t{1} << i;
    }
    entry.waits[index(other)] = waits;
    waited_on_[index(other)] |= waits;
  };
  if constexpr (kClass == CommandClass::Load) {
    scan(CommandClass::Execute, [&](const Entry& e) {
      return overlap(entry.writes, e.reads[0]) || overlap(entry.writes, e.reads[1]) || overlap(entry.writes, e.writes);
    });
    scan(CommandClass::Store, [&](const Entry& e) { return overlap(entry.writes, e.reads[0]); });
  } else if constexpr (kClass == CommandClass::Execute) {
    scan(CommandClass::Load, [&](const Entry& e) {
      return overlap(e.writes, entry.reads[0]) || overlap(e.writes, entry.reads[1]) || overlap(e.writes, entry.writes);
    });
    if (!entry.writes.empty())
      scan(CommandClass::Store, [&](const Entry& e) { return overlap(entry.writes, e.reads[0]); });
  } else {
    scan(CommandClass::Load, [&](const Entry& e) { return overlap(e.writes, entry.reads[0]); });
    scan(CommandClass::Execute, [&](const Entry& e) { return overlap(e.writes, entry.reads[0]); });
  }
}

template <CommandClass kClass>
bool ReservationStation::allocate_in(const Command& command, CommandOrigin origin, Cycle now) {
  constexpr unsigned k = index(kClass);
  std::uint64_t free = all_entries_[k] & ~valid_[k];
  if (last_removed_ == now) free &= ~removed_mask_[k];
  if (free == 0) {
    front_end_waits_[k] = true;
    if (last_removed_ == now && removed_mask_[k] != 0) front_end_->wake(now + 1);
    return false;
  }
  const unsigned slot = static_cast<unsigned>(__builtin_ctzll(free));
  Entry& entry = entries_[k][slot];
  entry.issued.command = command;
  entry.issued.entry = static_cast<std::uint8_t>(slot);
  entry.issued.origin = origin;
  entry.issued.allocated = now;
  entry.issued.resolved = {};
  entry.is_issued = false;
  entry.may_issue_at = now + 1;
  entry.waits = {};
  entry.config = static_cast<Funct>(command.funct) == Funct::Config;
  if (entry.config) {
    entry.reads[0] = entry.reads[1] = entry.writes = RowRange{};
    shadow_configuration(command);
  } else {
    describe_ranges<kClass>(command, entry);
    any_wrapped_ ? find_dependencies<kClass, true>(entry) : find_dependencies<kClass, false>(entry);
  }
  valid_[k] |= std::uint64_t{1} << slot;
  if (activity_.started()) activity_.held(kClass, +1, now);
  unissued_[k].push(static_cast<std::uint8_t>(slot));
  if (unissued_[k].size() == 1) issue_from(kClass, now + 1);
  return true;
}

bool ReservationStation::allocate(const Command& command, CommandClass c, CommandOrigin origin, Cycle now) {
  switch (c) {
    case CommandClass::Load:
      return allocate_in<CommandClass::Load>(command, origin, now);
    case CommandClass::Execute:
      return allocate_in<CommandClass::Execute>(command, origin, now);
    case CommandClass::Store:
      return allocate_in<CommandClass::Store>(command, origin, now);
  }
  return false;
}

void ReservationStation::ask(Requests& requests, std::uint8_t entry, Cycle at) {
  requests.push(entry, at);
  next_request_ = std::min(next_request_, at);
  due_by(at);
}
void ReservationStation::complete_result(std::uint8_t entry, Cycle at) { ask(results_, entry, at); }
void ReservationStation::complete_fed(std::uint8_t entry, Cycle at) { ask(fed_, entry, at); }
void ReservationStation::complete_load(std::uint8_t entry, Cycle at) { ask(loads_, entry, at); }
void ReservationStation::complete_store(std::uint8_t entry, Cycle at) { ask(stores_, entry, at); }
bool ReservationStation::has_fed_pending(Cycle now) const { return fed_.next() <= now; }

template <CommandClass kClass>
[[gnu::always_inline]] inline void ReservationStation::remove(unsigned entry, Cycle now) {
  constexpr unsigned k = index(kClass);
  if (last_removed_ != now) {
    removed_mask_ = {};
    last_removed_ = now;
  }
  removed_mask_[k] |= std::uint64_t{1} << entry;
  valid_[k] &= ~(std::uint64_t{1} << entry);
  if (activity_.started()) {
    activity_.held(kClass, -1, now);
    activity_.busy(kClass, -1, now);
  }
  const CommandOrigin origin = entries_[k][entry].issued.origin;
  if (origin != CommandOrigin::Host) loop_listener_->loop_command_left(origin, kClass, now);
  if (front_end_waits_[k]) {
    front_end_waits_[k] = false;
    front_end_->wake(now + 1);
  }
}

template <CommandClass kClass>
[[gnu::always_inline]] inline void ReservationStation::finish(unsigned entry, Cycle now) {
  constexpr unsigned k = index(kClass);
  remove<kClass>(entry, now);
  if ((waited_on_[k] >> entry & 1) != 0) release_dependents(kClass, entry, now);
  if (completion_listener_[k] != nullptr) completion_listener_[k]->wake(now + 1);
  if (events_ != nullptr) events_->record(now, EventKind::Completed, k, entry);
}

void ReservationStation::release_dependents(CommandClass c, unsigned entry, Cycle now) {
  const unsigned k = index(c);
  const std::uint64_t bit = std::uint64_t{1} << entry;
  waited_on_[k] &= ~bit;
  for (unsigned other = 0; other < kCommandClasses; ++other) {
    if (other == k) continue;
    bool oldest_is_ready = false;
    for (unsigned i = 0; i < unissued_[other].size(); ++i) {
      Entry& e = entries_[other][unissued_[other].at(i)];
      if ((e.waits[k] & bit) == 0) continue;
      e.waits[k] &= ~bit;
      e.may_issue_at = now + 1;
      if (e.waits[k] == 0) e.issued.resolved[k] = now;
      oldest_is_ready |= i == 0 && e.ready();
    }
    if (oldest_is_ready) issue_from(static_cast<CommandClass>(other), now + 1);
  }
}

[[gnu::always_inline]] inline void ReservationStation::issue(CommandClass c, Cycle at) {
  const unsigned k = index(c);
  const unsigned slot = unissued_[k].front();
  Entry& entry = entries_[k][slot];
  unissued_[k].pop();
  entry.is_issued = true;
  entry.issued_at = at;
  if (activity_.started()) activity_.busy(c, +1, at);
  next_issue_[k] = at + 1;
  if (events_ != nullptr) events_->record(at, EventKind::Issued, k, slot);
  sinks_[k]->accept(entry.issued, at);
}

void ReservationStation::issue_from(CommandClass c, Cycle from) {
  const unsigned k = index(c);
  if (retire_at_[k] != kNever) return;  // the oldest knows its cycle already
  while (!unissued_[k].empty()) {
    const Entry& entry = entries_[k][unissued_[k].front()];
    if (!entry.ready()) return;  // the completion that frees it comes back
    const Cycle at = std::max({from, next_issue_[k], entry.may_issue_at});
    if (!sinks_[k]->has_room(at)) return;  // queue_popped() comes back
    if (entry.config && c != CommandClass::Execute) {
      retire_at_[k] = at;
      due_by(at);
      return;
    }
    issue(c, at);
  }
}

// The completion port: results, fed execute commands, loads, stores.
void ReservationStation::complete_one(Cycle now) {
  if (results_.next() <= now || fed_.next() <= now)
    finish<CommandClass::Execute>((results_.next() <= now ? results_ : fed_).pop(), now);
  else if (loads_.next() <= now)
    finish<CommandClass::Load>(loads_.pop(), now);
  else
    finish<CommandClass::Store>(stores_.pop(), now);
  next_request_ = std::max(std::min({results_.next(), fed_.next(), loads_.next(), stores_.next()}), now + 1);
}

template <CommandClass kClass>
void ReservationStation::retire_configuration(Cycle now) {
  constexpr unsigned k = index(kClass);
  retire_at_[k] = kNever;
  const unsigned slot = unissued_[k].front();
  issue(kClass, now);
  remove<kClass>(slot, now);
  issue_from(kClass, now + 1);
}

void ReservationStation::advance(Cycle now) {
  if (next_request_ <= now) complete_one(now);
  Cycle& load_retires = retire_at_[index(CommandClass::Load)];
  Cycle& store_retires = retire_at_[index(CommandClass::Store)];
  if (load_retires <= now) retire_configuration<CommandClass::Load>(now);
  if (store_retires <= now) retire_configuration<CommandClass::Store>(now);
  set_due(std::min({next_request_, load_retires, store_retires}));
}

StationActivity& ReservationStation::activity(Cycle at) {
  if (activity_.started()) return activity_;
  StationActivity::Classes held{}, busy{};
  std::vector<std::pair<CommandClass, Cycle>> ahead;
  for (unsigned k = 0; k < kCommandClasses; ++k) {
    held[k] = static_cast<std::uint32_t>(__builtin_popcountll(valid_[k]));
    for (std::uint64_t mask = valid_[k]; mask != 0; mask &= mask - 1) {
      const Entry& entry = entries_[k][static_cast<unsigned>(__builtin_ctzll(mask))];
      if (!entry.is_issued) continue;
      if (entry.issued_at < at) {
        ++busy[k];
      } else {
        ahead.emplace_back(static_cast<CommandClass>(k), entry.issued_at);
      }
    }
  }
  activity_.start(at, held, busy);
  for (const auto& [c, issued_at] : ahead) activity_.busy(c, +1, issued_at);
  return activity_;
}

bool ReservationStation::holds_only_a_preload() const {
  if (valid_[0] != 0 || valid_[2] != 0 || __builtin_popcountll(valid_[1]) != 1) return false;
  const Entry& e = entries_[1][static_cast<unsigned>(__builtin_ctzll(valid_[1]))];
  return e.is_issued && static_cast<Funct>(e.issued.command.funct) == Funct::Preload;
}

const IssuedCommand* ReservationStation::oldest_unissued(CommandClass c) {
  const unsigned k = index(c);
  if (unissued_[k].empty()) return nullptr;
  Entry& entry = entries_[k][unissued_[k].front()];
  for (unsigned other = 0; other < kCommandClasses; ++other)
    if (entry.waits[other] != 0) entry.issued.resolved[other] = kNever;
  return &entry.issued;
}

std::string ReservationStation::describe() const {
  static const char* const kNames[] = {"load", "execute", "store"};
  std::string text;
  for (unsigned k = 0; k < kCommandClasses; ++k) {
    if (valid_[k] == 0) continue;
    text += text.empty() ? "" : "; ";
    text += std::string(kNames[k]) + ": " + std::to_string(__builtin_popcountll(valid_[k])) + " held";
    if (unissued_[k].empty()) continue;
    const Entry& head = entries_[k][unissued_[k].front()];
    text += ", oldest un-issued funct " + std::to_string(head.issued.command.funct) + " waits for";
    bool any = false;
    for (unsigned o = 0; o < kCommandClasses; ++o)
      for (std::uint64_t m = head.waits[o]; m != 0; m &= m - 1, any = true)
        text += " " + std::string(kNames[o]) + "[" + std::to_string(__builtin_ctzll(m)) + "]";
    if (!any) text += " room in the controller's queue";
  }
  return text.empty() ? "the reservation station is empty" : text;
}

}  // namespace gemel::sim
