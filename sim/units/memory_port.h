// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way to memory: decides whether reader or writer sends in a cycle, and when answers arrive
// (docs/microarchitecture.md, section 6). The order of answers is fixed when requests are sent and nothing behind can
// delay what is ahead, so all times of an answer are known as soon as its request is sent.
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <tlm>

#include "sim/stats/cycle_account.h"
#include "sim/units/unit.h"

namespace gemel::sim {

struct BeatGaps;
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

class MemoryPort final : public Unit {
 public:
  static constexpr Cycle kRequestPipe = 4;  // from here to memory, cycles
  static constexpr unsigned kMaxBeats = 1024;

  tlm_utils::simple_initiator_socket<MemoryPort> socket{"socket"};

  MemoryPort(const sc_core::sc_module_name& name, unsigned bus_bytes);

  void connect(MemoryPortClient& reader, MemoryPortClient& writer, EventLog* events);
  void start_of_simulation() override;  // asks the memory for direct access

  // Sent in `now`: a read of `bytes` at `address`. Fills consumed[i] with the cycle in which the beat merger consumes
  // beat i, given that it takes the first one not earlier than `merger_ready`.
  void send_read(std::uint64_t address, unsigned bytes, Cycle merger_ready, Cycle now, Cycle* consumed);
  // Sent in `now`: one beat of a write. `bytes` of data with their mask are in memory from the cycle in which the beat
  // is there.
  void send_write_beat(std::uint64_t address, const std::uint8_t* data, unsigned offset, unsigned bytes, Cycle now);
  // The last beat of a write transaction was sent in `now`: the cycle in which its acknowledge is consumed.
  Cycle acknowledge(std::uint64_t address, unsigned bytes, Cycle now);

  // The bytes at `address`, or nullptr where they are not in memory. Data of a read whose memory gives no direct access
  // is not supported.
  const std::uint8_t* contents(std::uint64_t address, std::uint64_t bytes) const;

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
  bool in_memory(std::uint64_t address, std::uint64_t bytes) const;

 private:
  enum Cause : unsigned { kRead, kWrite, kLatency, kIdle };
  // Reads that may enter between two beats of a write, where the second one cannot.
  static constexpr unsigned kReadsInsideBurst = 2;
  struct Passage {  // of one beat: taken from memory, out of the first queue, consumed
    Cycle taken = 0, moved = 0, consumed = 0;
  };
  Cycle answer(tlm::tlm_command command, std::uint64_t address, unsigned bytes, Cycle at_memory);
  const Passage& pass(Cycle offered, Cycle not_before);

  unsigned bus_bytes_;
  Cycle time_base_ = 0;
  MemoryPortClient* reader_ = nullptr;
  MemoryPortClient* writer_ = nullptr;
  EventLog* events_ = nullptr;
  tlm::tlm_generic_payload payload_;
  BeatGaps* gaps_;  // of the payload, which owns it
  std::uint8_t* direct_ = nullptr;
  std::uint64_t direct_start_ = 0, direct_end_ = 0;
  Passage last_, before_last_;
  unsigned reads_inside_ = 0;  // since the last write beat
  std::uint64_t read_beats_ = 0, write_beats_ = 0, reads_ = 0, writes_ = 0;
  CycleAccount account_{"memory", {"read", "write", "latency", "idle"}};
};

}  // namespace gemel::sim
