// SPDX-License-Identifier: Apache-2.0
#pragma once
// Executes preload, compute and config_ex: decides which of them form the next request, feeds its rows from the
// scratchpad into the array, and writes results (docs/microarchitecture.md, section 10).
//
// Rows of a request are evaluated when the request should be over: nobody can see earlier what it does in between,
// except a store that wants the same scratchpad bank, which asks reads_bank().
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/accumulator.h"
#include "sim/units/execute_operands.h"
#include "sim/units/execute_queue.h"
#include "sim/units/mesh.h"
#include "sim/units/mvin_writer.h"
#include "sim/units/reservation_station.h"
#include "sim/units/result_writer.h"
#include "sim/units/row_feeder.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class ExecuteController final : public Unit, public CommandSink {
 public:
  ExecuteController(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                    const arch::DerivedConfig& derived, ReservationStation& station, MvinWriter& loads,
                    Scratchpad& scratchpad, Accumulator& accumulator, Mesh& mesh, bool timing_only);

  bool has_room(Cycle now) const override { return queue_.has_room(now); }
  void accept(const IssuedCommand& command, Cycle now) override;

  void advance(Cycle now);
  // A row of that scratchpad bank is read in `now`; after advance(now) and MvinWriter::sync(now).
  bool reads_bank(std::uint32_t bank, Cycle now);
  // Only a preload is left, and it waits for its compute.
  bool waits_on_lone_preload(Cycle now) const;
  // While it does: since when.
  Cycle lone_preload_from() const { return std::max(next_decision_, queue_.head_visible()); }

  void account_until(Cycle now);
  const CycleAccount& account() const { return account_; }

 private:
  enum Cause : unsigned { kBusy, kBankConflict, kWaitLoad, kWaitStore, kWaitDrain, kNoCommand, kIssue };

  // What is being fed: a preload, a compute, or a compute with the preload behind it.
  struct Request {
    bool has_preload = false, has_compute = false;
    bool swaps = false;   // compute.preloaded
    MeshOperand a, b, d;  // a and b: of the compute; d: BD of the preload
    ResultTag result;     // C of the preload
    std::uint8_t preload_entry = IssuedCommand::kNoEntry, compute_entry = IssuedCommand::kNoEntry;
  };

  void proceed(Cycle now);
  void decide(Cycle now);
  void decide_without_command(Cycle now);
  void decide_configuration(Cycle now);
  void decide_preload(unsigned seen, Cycle now);
  bool waits_for_tag(Cycle now);
  void apply_configuration(const IssuedCommand& issued, Cycle now);
  void start(const ExecuteStep* preload, const ExecuteStep* compute, const ExecuteStep* ahead, Cycle now);
  void check(const MeshOperand& operand) const;
  [[noreturn]] void refuse(const MeshOperand& operand) const;
  void finish(Cycle now);
  void pop(unsigned n, Cycle now);
  void flush(Cycle now);
  const ResultTag& driven_out() const;
  bool feed_until(Cycle end);
  bool hazard(const ExecuteStep& preload, const ExecuteStep& compute, Cycle now) const;
  bool touches_result(const MeshOperand& operand, Cycle now) const;
  bool in_progress(Cycle now) const { return armed_.real || finished_.real || results_.in_progress(now); }
  // Data of the request that was fed.
  void move_data();
  void move_idle_weights();
  void emit(const ResultTag& tag, const std::int32_t* values, unsigned rows);

  void account_wait(Cycle now) {
    if (account_.until() < now) account_wait_until(now);
  }
  void account_wait_until(Cycle now);
  void account_rows();

  const arch::DerivedConfig& derived_;
  ReservationStation& station_;
  MvinWriter& loads_;
  Mesh& mesh_;
  bool timing_only_;
  Cycle read_delay_;

  ExecuteQueue queue_;
  ExecuteOperands operands_;

  bool looking_ = false;  // in advance(), which itself sees to its next look
  bool feeding_ = false;
  Request request_;
  bool zeros_in_transposer_ = false;  // a preload without B (weight stationary, B transposed) went in
  RowFeeder feeder_;
  Cycle next_check_ = 0;      // when the request being fed may be done, or has to be looked at
  unsigned marked_rows_ = 0;  // of the request being fed: results whose banks are marked
  ResultWriter results_;
  Cycle next_decision_ = 0;
  Cycle last_fed_ = 0;
  bool fed_any_ = false;
  // What the last decision that started nothing lacked: nothing, or this command of the queue.
  bool lacks_command_ = true;
  unsigned lacking_ = 0;
  unsigned accounted_rows_ = 0;  // of the request being fed

  std::array<Cycle, 8> last_output_{};  // of request n at [n % 8]
  std::uint64_t requests_ = 0;
  ResultTag armed_;     // C of the last request's preload part: its compute comes next
  ResultTag finished_;  // output-stationary: accumulated, leaves with the next request or a flush
  std::vector<std::int32_t> finished_values_;

  CycleAccount account_{"execute",
                        {"busy", "bank_conflict", "wait_load", "wait_store", "wait_drain", "no_command", "issue"}};
};

}  // namespace gemel::sim
