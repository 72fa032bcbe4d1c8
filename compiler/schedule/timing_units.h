// SPDX-License-Identifier: Apache-2.0
#pragma once
// The units behind the reservation station, as far as predict_cycles() needs them: when each command ends, given when
// it starts. The sections named are those of docs/microarchitecture.md.
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "compiler/schedule/timing_calendar.h"
#include "compiler/tile/machine.h"
#include "sim/arch/isa.h"

namespace gemel::compiler {

// What units share.
struct TimingPorts {
  explicit TimingPorts(const Machine& m)
      : machine(m),
        scratchpad(m.config.scratchpad.banks),
        accumulating(m.config.accumulator.banks),
        reads(m.config.dma.requests_in_flight),
        writes(m.config.dma.requests_in_flight) {}

  // The size of the request that covers most of `left` bytes from `address` on, and how many it covers (section 5).
  struct Request {
    std::int64_t bytes = 0, useful = 0;
  };
  Request request(std::uint64_t address, std::int64_t left) const;

  const Machine& machine;
  std::vector<Calendar> scratchpad;    // writes of the load side
  std::vector<Calendar> accumulating;  // results that refuse a store's read
  Calendar requests, responses;
  Pool reads, writes;  // transactions in flight
  Time last = 0;       // end of whatever ended last
  Time answers = 0;    // cycles in which memory answered
};

class TimingLoad {
 public:
  explicit TimingLoad(TimingPorts& ports) : p_(ports), trackers_(ports.machine.config.dma.loads_in_flight) {}
  // A configuration or an mvin.
  void add(const arch::Command& command, std::size_t number, Time issued);
  Time next_request() const;  // kNever: nothing to do
  // Issues the next transaction (or row of zeros); true where it was the last of its mvin, which then completes at
  // `done`.
  bool request(std::size_t& number, Time& done);

 private:
  struct Waiting {
    arch::Command command;
    std::size_t number;
    Time seen;
  };
  void begin();
  void next_row();
  void zero_row();
  void transaction();
  void write(std::int64_t row, std::int64_t block, Time at);

  TimingPorts& p_;
  Trackers trackers_;
  Calendar port_;  // of local writes
  std::array<arch::ConfigLoad, 3> state_;
  std::deque<Waiting> queue_;
  // The mvin at work: rows to fetch, local rows for each, bytes of a row and of a piece.
  bool active_ = false, zeros_ = false, wide_ = false;
  arch::Mvin mvin_;
  arch::ConfigLoad config_;
  std::size_t number_ = 0;
  std::int64_t fetched_ = 0, repeats_ = 1, row_bytes_ = 0, piece_bytes_ = 0;
  std::int64_t row_ = 0, at_ = 0;
  Time start_ = 0, taken_ = 0;
  Time unit_ = 0, request_ = 0, piece_ = 0, written_ = 0;
  Time zero_piece_ = 0, zero_written_ = 0;  // of the zero writer, which does not wait for what memory still owes
};

// Looks at the first three commands of its queue, so it is asked when its next decision is.
class TimingExecute {
 public:
  explicit TimingExecute(TimingPorts& ports) : p_(ports) {}
  struct Done {
    std::size_t number;
    Time at;
  };
  void add(const arch::Command& command, std::size_t number, Time issued);
  Time next_decision() const;  // kNever: waits for a command
  // The commands whose completion is known by it.
  void decide(std::vector<Done>& done);
  std::size_t taken() const { return taken_; }  // commands that left the queue
  Time left() const { return unit_; }           // the last of them when
  Time busy() const { return busy_; }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  struct Waiting {
    arch::Command command;
    std::size_t number;  // kNone: made by the expansion of a transposed B
    Time visible;
  };
  void push(const arch::Command& command, std::size_t number, Time visible);
  bool real(std::uint64_t block) const;
  Time feed(const Waiting* compute, const Waiting* preload, Time start, Time& first);

  TimingPorts& p_;
  std::deque<Waiting> queue_;
  bool b_transpose_ = false;
  Time unit_ = 0, busy_ = 0;
  std::array<Time, 5> outputs_{};
  std::size_t requests_ = 0, taken_ = 0;
  // Of the preload whose result the next compute drives out.
  std::size_t result_number_ = kNone;
  arch::LocalBlock result_;
};

class TimingStore {
 public:
  explicit TimingStore(TimingPorts& ports) : p_(ports), trackers_(ports.machine.config.dma.loads_in_flight) {}
  void configure(const arch::Command& command, Time issued);
  void add(const arch::Command& command, std::size_t number, Time issued);
  Time next_read() const;  // kNever: nothing to do
  // Reads the next element; true where it was the last of its mvout, which then completes at `done`.
  bool read(std::size_t& number, Time& done);
  std::size_t taken() const { return taken_; }
  Time left() const { return left_; }

 private:
  struct Waiting {
    arch::Command command;
    std::size_t number;
    Time seen;
    arch::ConfigStore config;
  };
  void begin();
  bool pools() const { return queue_.front().config.pool_stride != 0; }
  // The row that the next element is read from; none where the window reaches over the edge of the image.
  std::optional<std::uint32_t> next_row() const;
  Time read_row(std::uint32_t row, Time handed, Time window_free);
  void write_row(Time accepted);

  TimingPorts& p_;
  Pool trackers_;
  std::deque<Waiting> queue_;
  arch::ConfigStore config_;
  arch::Mvout mvout_;
  bool active_ = false;
  std::int64_t row_ = 0, block_ = 0, rows_ = 0, blocks_ = 0;  // pooling: pooled positions, elements of the window
  Time unit_ = 0, handed_ = 0, read_ = -1, read_before_ = -1, norm_ = -1, scale_ = -1;
  Time accepted_ = -1, writer_ = 0, left_ = 0;
  std::vector<Time> accepts_;
  std::size_t elements_ = 0, taken_ = 0;
};

}  // namespace gemel::compiler
