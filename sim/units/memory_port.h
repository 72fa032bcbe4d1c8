// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way to memory: decides whether reader or writer sends in a cycle, and when answers arrive
// (docs/microarchitecture.md, section 6). The order of answers is fixed when requests are sent and nothing behind can
// delay what is ahead, so all times of an answer are known as soon as its request is sent.
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <tlm>
#include <vector>

#include "sim/stats/cycle_account.h"
#include "sim/units/unit.h"

namespace gemel::sim {

struct BeatGaps;
class DmaReader;
class DmaWriter;
class EventLog;

// One of the two that send: asked each cycle in which it could.
class MemoryPortClient {
 public:
  virtual ~MemoryPortClient() = default;
  virtual Cycle wants_at() const = 0;  // the earliest cycle in which it could send, kNever where it has nothing to send
  virtual bool inside_burst() const = 0;  // holds the port until its burst is through, but for a few reads
  // One request or beat. False, and wants_at() moves, where it could not send after all.
  virtual bool send(Cycle now) = 0;
};

// When the merger consumes the beats of a read.
class ReadBeats {
 public:
  // One a cycle from `first` on.
  ReadBeats(Cycle first, unsigned count) : first_(first), count_(count) {}
  // As `each` says, until the next read is sent.
  ReadBeats(const Cycle* each, unsigned count) : each_(each), count_(count) {}
  unsigned count() const { return count_; }
  bool one_a_cycle() const { return each_ == nullptr; }
  Cycle consumed(unsigned beat) const { return each_ == nullptr ? first_ + beat : each_[beat]; }

 private:
  Cycle first_ = 0;
  const Cycle* each_ = nullptr;
  unsigned count_;
};

class MemoryPort final : public Unit {
 public:
  static constexpr Cycle kRequestPipe = 4;  // from here to memory, cycles

  tlm_utils::simple_initiator_socket<MemoryPort> socket{"socket"};

  MemoryPort(const sc_core::sc_module_name& name, unsigned bus_bytes);

  // Both are asked in every cycle in which one of them sends: as what they are, without virtual calls.
  void connect(DmaReader& reader, DmaWriter& writer, EventLog* events);
  void start_of_simulation() override;  // asks the memory for direct access

  // Sent in `now`: a read of `bytes` at `address`. When the beat merger consumes its beats, given that it takes the
  // first one not earlier than `merger_ready`.
  ReadBeats send_read(std::uint64_t address, unsigned bytes, Cycle merger_ready, Cycle now);
  // Sent in `now`: one beat of a write. `bytes` of data with their mask are in memory from the cycle in which the beat
  // is there.
  void send_write_beat(std::uint64_t address, const std::uint8_t* data, unsigned offset, unsigned bytes, Cycle now);
  // The last beat of a write transaction was sent in `now`: the cycle in which its acknowledge is consumed.
  Cycle acknowledge(std::uint64_t address, unsigned bytes, Cycle now);

  // The bytes at `address`, or nullptr where they are not in memory. Data of a read whose memory gives no direct access
  // is not supported.
  const std::uint8_t* contents(std::uint64_t address, std::uint64_t bytes) const {
    return in_memory(address, bytes) ? direct_ + (address - direct_start_) : nullptr;
  }

  // The kernel's time is that of cycle `now`: times given to the memory are relative to it.
  void set_time_base(Cycle now) { time_base_ = now; }

  // One of the two will want to send in `at`: wants_at() says so.
  void wake(Cycle at) { due_by(at); }
  void advance(Cycle now);
  void account_until(Cycle now);
  const CycleAccount& account() const { return account_; }
  std::uint64_t read_beats() const { return read_beats_; }
  std::uint64_t write_beats() const { return write_beats_; }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t writes() const { return writes_; }
  // Address space of the memory, for checks: [base, end).
  bool in_memory(std::uint64_t address, std::uint64_t bytes) const {
    return address >= direct_start_ && bytes <= direct_end_ - direct_start_ && address <= direct_end_ - bytes;
  }

 private:
  enum Cause : unsigned { kRead, kWrite, kLatency, kIdle };
  // Reads that may enter between two beats of a write, where the second one cannot.
  static constexpr unsigned kReadsInsideBurst = 2;
  struct Passage {  // of one beat: taken from memory, out of the first queue, consumed
    Cycle taken = 0, moved = 0, consumed = 0;
    Passage later(Cycle cycles) const { return {taken + cycles, moved + cycles, consumed + cycles}; }
  };
  // When the first beat or the acknowledge of a request is offered.
  Cycle answer(tlm::tlm_command command, std::uint64_t address, unsigned bytes, Cycle at_memory);
  Cycle ask_memory(tlm::tlm_command command, std::uint64_t address, unsigned bytes, Cycle at_memory);
  const Passage& pass(Cycle offered, Cycle not_before);
  ReadBeats beat_by_beat(std::uint64_t address, unsigned beats, Cycle first_offered, const Passage& first);

  unsigned bus_bytes_;
  int bus_bits_;
  Cycle time_base_ = 0;
  DmaReader* reader_ = nullptr;
  DmaWriter* writer_ = nullptr;
  EventLog* events_ = nullptr;
  tlm::tlm_generic_payload payload_;
  BeatGaps* gaps_;  // of the payload, which owns it
  std::uint8_t* direct_ = nullptr;
  std::uint64_t direct_start_ = 0, direct_end_ = 0;
  Cycle read_latency_ = 0, write_latency_ = 0;  // always the same; 0: the memory is asked each time
  Passage last_, before_last_;
  std::vector<Cycle> consumed_;  // of the last read, where its beats do not follow one a cycle
  unsigned reads_inside_ = 0;    // since the last write beat
  std::uint64_t read_beats_ = 0, write_beats_ = 0, reads_ = 0, writes_ = 0;
  CycleAccount account_{"memory", {"read", "write", "latency", "idle"}};
};

}  // namespace gemel::sim
