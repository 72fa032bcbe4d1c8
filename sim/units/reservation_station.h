// SPDX-License-Identifier: Apache-2.0
#pragma once
// Holds commands until nothing older that they touch is left, and issues them to the three controllers
// (docs/microarchitecture.md, section 3). The only place that knows about hazards between controllers.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/units/command_queue.h"
#include "sim/units/issued_command.h"
#include "sim/units/row_range.h"
#include "sim/units/station_activity.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class EventLog;

// What the station needs of a controller: its queue, and a word when something was put there.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual bool has_room(Cycle now) const = 0;
  virtual void accept(const IssuedCommand& command, Cycle now) = 0;
};

class ReservationStation final : public Unit {
 public:
  ReservationStation(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                     const arch::DerivedConfig& derived);

  void connect(CommandSink& load, CommandSink& execute, CommandSink& store, Unit& front_end, EventLog* events);

  // Throws std::invalid_argument where the machine has no such instruction.
  static CommandClass class_of(const arch::Command& command) {
    const auto funct = static_cast<arch::Funct>(command.funct);
    if (funct == arch::Funct::Preload || arch::is_compute(funct)) return CommandClass::Execute;
    if (arch::is_mvin(funct)) return CommandClass::Load;
    if (funct == arch::Funct::Mvout) return CommandClass::Store;
    if (funct != arch::Funct::Config) refuse(command);
    return class_of_configuration(arch::config_kind(command.rs1));
  }

  // Takes the command in cycle `now`, or returns false where its class has no free entry; then the front end is
  // woken when there may be one.
  bool allocate(const arch::Command& command, CommandClass c, CommandOrigin origin, Cycle now);

  // The completion port. `at`: the cycle from which the entry asks for it.
  void complete_result(std::uint8_t execute_entry, Cycle at);  // always granted in `at`, never two in one cycle
  void complete_fed(std::uint8_t execute_entry, Cycle at);
  void complete_load(std::uint8_t entry, Cycle at);
  void complete_store(std::uint8_t entry, Cycle at);
  bool holds(CommandClass c, std::uint8_t entry) const { return (valid_[index(c)] >> entry) & 1; }
  bool has_fed_pending(Cycle now) const;  // a fed execute command still waits for the port

  // Called by a controller when its queue gave a command away in `now`. May put the next one there at once, so it is
  // the last that the controller does with what it took.
  void queue_popped(CommandClass c, Cycle now) { issue_from(c, now + 1); }

  // After advance(now): there is an entry for a command of the class in now + 1. Where there is none, the front end is
  // woken when there may be one.
  bool has_entry(CommandClass c) {
    const unsigned k = index(c);
    if (valid_[k] != all_entries_[k]) return true;
    front_end_waits_[k] = true;
    return false;
  }

  // Controllers are told when one of their commands has completed: a tracker is free the cycle after.
  void on_complete(CommandClass c, Unit& unit) { completion_listener_[index(c)] = &unit; }

  void on_loop_command_left(LoopCommandListener& listener) { loop_listener_ = &listener; }

  void advance(Cycle now);

  bool empty() const { return valid_[0] == 0 && valid_[1] == 0 && valid_[2] == 0; }
  bool holds_only_a_preload() const;
  // For counters. From the first call on it follows what happens, from cycle `at` (the one at hand or the next) on.
  StationActivity& activity(Cycle at);
  Cycle last_change() const { return last_removed_; }  // cycle in which an entry was last removed
  // The oldest command of a class that was not issued, for the accounting; nullptr where there is none. Dependencies
  // that it still has are resolved in kNever.
  const IssuedCommand* oldest_unissued(CommandClass c);
  std::string describe() const;

 private:
  static constexpr unsigned kMostEntries = 64;  // of a class
  struct Entry {
    IssuedCommand issued;
    RowRange reads[2];  // execute: A or BD (preload), BD of a compute; store: source
    RowRange writes;    // load: destination; execute: C
    std::array<std::uint64_t, kCommandClasses> waits{};
    bool config = false;
    bool is_issued = false;
    Cycle may_issue_at = 0;  // as allocation and the dependencies that are gone demand it
    Cycle issued_at = 0;     // may lie ahead
    bool ready() const { return (waits[0] | waits[1] | waits[2]) == 0; }
  };
  // Entries that ask for the completion port, in the order in which they may have it.
  class Requests {
   public:
    Cycle next() const { return next_; }
    void push(std::uint8_t entry, Cycle at) {
      if (count_ == 0) next_ = at;
      slots_[(head_ + count_++) % kMostEntries] = {entry, at};
    }
    std::uint8_t pop() {
      const std::uint8_t entry = slots_[head_].entry;
      head_ = (head_ + 1) % kMostEntries;
      next_ = --count_ == 0 ? kNever : slots_[head_].at;
      return entry;
    }

   private:
    struct Request {
      std::uint8_t entry = 0;
      Cycle at = 0;
    };
    std::array<Request, kMostEntries> slots_{};
    unsigned head_ = 0, count_ = 0;
    Cycle next_ = kNever;  // of the first of them
  };
  static constexpr unsigned index(CommandClass c) { return static_cast<unsigned>(c); }

  static CommandClass class_of_configuration(arch::ConfigKind kind);
  [[noreturn]] static void refuse(const arch::Command& command);
  // What every command passes is compiled for each class on its own.
  template <CommandClass kClass>
  bool allocate_in(const arch::Command& command, CommandOrigin origin, Cycle now);
  template <CommandClass kClass>
  void describe_ranges(const arch::Command& command, Entry& entry);
  void shadow_configuration(const arch::Command& command);
  template <CommandClass kClass, bool kMayWrap>
  void find_dependencies(Entry& entry);
  template <CommandClass kClass>
  void remove(unsigned entry, Cycle now);
  template <CommandClass kClass>
  void finish(unsigned entry, Cycle now);
  void release_dependents(CommandClass c, unsigned entry, Cycle now);
  void ask(Requests& requests, std::uint8_t entry, Cycle at);
  void complete_one(Cycle now);
  template <CommandClass kClass>
  void retire_configuration(Cycle now);
  // Issues all that is known to issue from the cycle `from` on: nothing that happens later can hold up a command that
  // waits for nobody and has room in its queue. Only where no queue_popped() of the class for a cycle before is due.
  void issue_from(CommandClass c, Cycle from);
  void issue(CommandClass c, Cycle at);

  const arch::DerivedConfig& derived_;
  const RowRanges ranges_;
  std::array<unsigned, kCommandClasses> entries_count_;
  std::array<std::uint64_t, kCommandClasses> all_entries_{};
  std::array<std::vector<Entry>, kCommandClasses> entries_;
  std::array<std::uint64_t, kCommandClasses> valid_{};
  std::array<std::uint64_t, kCommandClasses> waited_on_{};  // entries that some entry of another class depends on
  bool any_wrapped_ = false;                                // a range that wraps has been here
  // Entries not issued yet, in program order.
  class IssueOrder {
   public:
    bool empty() const { return count_ == 0; }
    unsigned size() const { return count_; }
    std::uint8_t at(unsigned i) const { return slots_[(head_ + i) % kMostEntries]; }
    std::uint8_t front() const { return at(0); }
    void push(std::uint8_t entry) { slots_[(head_ + count_++) % kMostEntries] = entry; }
    void pop() {
      head_ = (head_ + 1) % kMostEntries;
      --count_;
    }

   private:
    std::array<std::uint8_t, kMostEntries> slots_{};
    unsigned head_ = 0, count_ = 0;
  };
  std::array<IssueOrder, kCommandClasses> unissued_;
  std::array<Cycle, kCommandClasses> next_issue_{};  // not before: one was issued in the cycle before
  // When the oldest, a configuration that retires as it issues, does so.
  std::array<Cycle, kCommandClasses> retire_at_{kNever, kNever, kNever};
  std::array<bool, kCommandClasses> front_end_waits_{};  // for an entry of the class
  std::array<CommandSink*, kCommandClasses> sinks_{};
  std::array<Unit*, kCommandClasses> completion_listener_{};
  Unit* front_end_ = nullptr;
  LoopCommandListener* loop_listener_ = nullptr;
  EventLog* events_ = nullptr;

  StationActivity activity_;
  Requests results_, fed_, loads_, stores_;
  Cycle next_request_ = kNever;  // the earliest of the four
  Cycle last_removed_ = 0;
  std::array<std::uint64_t, kCommandClasses> removed_mask_{};

  // Program-order copies of configuration registers.
  std::uint32_t a_stride_ = 1, c_stride_ = 1;
  bool a_transpose_ = false;
  bool preload_transposed_ = false, compute_transposed_ = false;  // B, by dataflow the preload's or the compute's
  bool pooling_ = false;
  std::array<std::uint32_t, 3> block_stride_{};
  std::array<std::uint32_t, 3> pixel_repeats_{1, 1, 1};
};

}  // namespace gemel::sim
