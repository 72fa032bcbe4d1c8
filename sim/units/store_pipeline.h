// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads elements of mvouts from scratchpad and accumulator, scales them, and hands them to the DMA writer in order
// (docs/microarchitecture.md, section 12, the table). Reads are decided in their cycle; everything behind follows by
// arithmetic.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/units/accumulator.h"
#include "sim/units/dma_writer.h"
#include "sim/units/execute_controller.h"
#include "sim/units/mvin_writer.h"
#include "sim/units/reservation_station.h"
#include "sim/units/scratchpad.h"
#include "sim/units/store_element.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class StorePipeline final : public Unit, public DmaWriter::Listener {
 public:
  StorePipeline(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                const arch::DerivedConfig& derived, ReservationStation& station, MvinWriter& loads,
                ExecuteController& execute, Scratchpad& scratchpad, Accumulator& accumulator, DmaWriter& writer,
                bool timing_only);
  void connect(Unit& controller) { controller_ = &controller; }

  // For how long an element of the accumulator keeps the scale unit, or the normaliser.
  static Cycle scale_interval(const arch::AcceleratorConfig& config);
  static std::uint8_t statistics_cycles(arch::NormCommand command);

  // The dispatch queue, a queue of two.
  bool has_room(Cycle now) const { return dispatched_ + (next_read_ == now + 1 ? 1 : 0) < 2; }
  // With room: fill in next_element(), then dispatch() it.
  StoreElement& next_element() { return stage(read_ + dispatched_).element; }
  void dispatch();

  void advance(Cycle now);
  void row_sent() override;
  bool idle() const { return dispatched_ == 0 && accepted_ == read_ && accumulator_scaled_ == accumulator_read_; }
  Cycle quiet_from() const { return std::max(next_accept_, statistics_until_); }
  std::string describe() const;  // who waits, for deadlock reports

 private:
  static constexpr unsigned kRing = 64;
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
  struct Stage {
    StoreElement element;
    Cycle read = 0, scale = kNever;
  };
  // Element n for memory; behind those that were read, the elements of the dispatch queue.
  Stage& stage(std::uint64_t n) { return ring_[n % kRing]; }
  std::uint8_t* values(std::uint64_t n) { return values_.data() + n % kRing * derived_.accumulator_row_bytes; }
  Cycle earliest_read(const StoreElement& e) const;
  // The accept cycle of element n, which is known.
  Cycle accept_of(std::uint64_t n) const { return n + kRing < read_ ? 0 : accept_[n % kRing]; }
  bool refused(const StoreElement& element, Cycle now);
  void read(Cycle now);
  void take_data(const StoreElement& element);
  void settle();
  void norm_what_may();
  bool scale_what_may();
  bool accept_what_may();
  void ask_for_read();

  const arch::DerivedConfig& derived_;
  ReservationStation& station_;
  MvinWriter& loads_;
  ExecuteController& execute_;
  Scratchpad& scratchpad_;
  Accumulator& accumulator_;
  DmaWriter& writer_;
  Unit* controller_ = nullptr;
  bool timing_only_;
  unsigned window_;  // K
  Cycle read_delay_;
  Cycle scale_latency_;

  std::array<Stage, kRing> ring_;
  std::vector<std::uint8_t> values_;  // of each element in the ring
  unsigned dispatched_ = 0;
  std::uint64_t read_ = 0;      // elements for memory read so far
  std::uint64_t accepted_ = 0;  // elements whose accept cycle is known
  std::array<Cycle, kRing> accept_{};
  Cycle next_read_ = 0, next_accept_ = 0;  // not before: the cycle after the last one, of all
  // Of accumulator elements, by their index modulo kRing.
  std::uint64_t accumulator_read_ = 0, accumulator_normed_ = 0, accumulator_scaled_ = 0;
  std::array<Cycle, kRing> read_at_{}, norm_{}, scale_{};
  Cycle last_norm_ = 0;
  std::array<std::uint64_t, kRing> position_{};  // place among those for memory; kNowhere: read for statistics
  std::array<std::uint8_t, kRing> scale_cycles_{};
  Cycle scale_free_ = 0;  // from when the scale unit and the normaliser take another one
  // Of accumulator elements for memory.
  std::uint64_t scaled_ = 0;
  std::array<std::uint64_t, kRing> scaled_position_{};
  Cycle statistics_until_ = 0;  // the normaliser's last cycle so far, and one
  std::array<arch::Statistics, arch::kStatisticsContexts> statistics_;
};

}  // namespace gemel::sim
