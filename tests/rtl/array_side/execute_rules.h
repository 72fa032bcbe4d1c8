// SPDX-License-Identifier: Apache-2.0
#pragma once
// The execute controller by sections 10 and 11 of the page, without the queue before it and the rows behind it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/arch/isa.h"
#include "tests/rtl/array_side/local_rows.h"
#include "tests/rtl/bench_machine.h"

namespace gemel::rtl {

using arch::Funct;
using arch::LocalBlock;

inline constexpr unsigned kPorts = 3;  // A, B, D
inline constexpr unsigned kTags = 5;
inline constexpr unsigned kLeastRows = 4;

// A command as it comes out of the expander.
struct Step {
  arch::Command command;
  unsigned id = 0;
  bool has_id = true;

  Funct funct() const { return static_cast<Funct>(command.funct); }
  bool is_compute() const { return arch::is_compute(funct()); }
  LocalBlock first() const { return arch::decode_local_block(command.rs1); }   // BD of a preload, A of a compute
  LocalBlock second() const { return arch::decode_local_block(command.rs2); }  // C of a preload, BD of a compute
};

// Where results go.
struct Tag {
  bool is_real = false;
  LocalBlock c;
  unsigned id = 0;
};

struct Decision {
  enum Kind { Nothing, Apply, Flush, Preload, Both, Compute } kind = Nothing;
  const Step* preload = nullptr;
  const Step* compute = nullptr;
  const Step* ahead = nullptr;  // the compute behind the preload
  bool is_request() const { return preload != nullptr || compute != nullptr; }
};

// The controller by its page.
class Rules {
 public:
  bool weight_stationary() const { return settings_.dataflow == arch::Dataflow::WeightStationary; }
  const arch::ConfigExecute& settings() const { return settings_; }
  bool in_progress() const { return !results_.empty(); }
  bool fed_waits() const { return !fed_.empty(); }
  bool result_is_due(std::uint64_t now) const { return in_progress() && results_.front().due <= now; }

  // What is decided in an idle cycle in which `seen` commands are seen.
  Decision decide(const std::deque<Step>& queue, unsigned seen, std::uint64_t now) {
    const auto step = [&](unsigned i) { return i < seen ? &queue[i] : nullptr; };
    const Step* head = step(0);
    Decision decision;
    const Decision flush{weight_stationary() || !in_progress() ? Decision::Nothing : Decision::Flush};
    if (head == nullptr) return flush;
    if (head->funct() == Funct::Config) {
      decision.kind = in_progress() ? Decision::Flush : fed_waits() ? Decision::Nothing : Decision::Apply;
      return decision;
    }
    if (head->funct() == Funct::Preload) {
      if (step(1) == nullptr || is_hazard(*head, *step(1))) return flush;
      decision = {Decision::Preload, head, nullptr, step(1)};
    } else if (step(1) != nullptr && step(1)->funct() == Funct::Preload && step(2) != nullptr &&
               !is_hazard(*step(1), *step(2))) {
      decision = {Decision::Both, step(1), head, step(2)};
    } else {
      decision = {Decision::Compute, nullptr, head, nullptr};
    }
    const std::size_t n = last_fed_.size();
    if (n >= kTags && now < last_fed_[n - kTags] + 2 + bench_derived().array_latency) {
      ++waits_for_tags;
      return {};
    }
    return decision;
  }

  // ---- What a request reads, and where its results go ----

  struct Operand {
    bool is_valid = false;
    unsigned row = 0, rows = 0, cols = 0;
  };
  std::array<Operand, kPorts> operands(const Decision& d) const {
    const Step* of_a = a_rides_ahead() ? d.ahead : d.compute;
    const Step* of_b = b_rides_ahead() ? d.ahead : d.compute;
    std::array<Operand, kPorts> ports;
    if (of_a != nullptr) ports[0] = stored(of_a->first(), settings_.a_transpose);
    if (of_b != nullptr) ports[1] = stored(of_b->second(), !weight_stationary() && settings_.b_transpose);
    if (d.preload != nullptr) ports[2] = stored(d.preload->first(), d_is_transposed());
    return ports;
  }
  unsigned rows(const Decision& d) const {
    const std::array<Operand, kPorts> ports = operands(d);
    if (!weight_stationary() || transposed_port() != 0 || ports[2].is_valid) return bench_derived().dim;
    return std::max({ports[0].is_valid ? ports[0].rows : 1, ports[1].is_valid ? ports[1].rows : 1, kLeastRows});
  }
  // 0 none, else 1 + port.
  unsigned transposed_port() const { return a_rides_ahead() ? 1 : b_rides_ahead() ? 2 : d_is_transposed() ? 3 : 0; }
  const Tag& driven_out() const { return weight_stationary() ? named_ : finished_; }
  bool swaps(const Decision& d) const {
    if (d.compute != nullptr) return d.compute->funct() == Funct::ComputePreloaded;
    return !weight_stationary() && finished_.is_real;
  }
  bool active() const { return active_; }

  // ---- What happens ----

  void apply(const Step& config) {
    const arch::ConfigExecute next = arch::decode_config_execute(config.command.rs1, config.command.rs2);
    if (!next.set_only_strides) settings_ = next;
    settings_.a_stride = next.a_stride;
    settings_.c_stride = next.c_stride;
  }
  void start(const Decision& d) {
    active_ ^= swaps(d);
    leaving_ = driven_out().is_real;
    finished_ = weight_stationary() ? Tag{} : named_;
    named_ = Tag{};
    feeding_.clear();
    if (d.compute != nullptr && d.compute->has_id) feeding_.push_back(d.compute->id);
    if (d.preload == nullptr) return;
    if (!d.preload->second().address.is_garbage(bench_derived())) {
      named_ = {true, d.preload->second(), d.preload->id};
      results_.push_back({rows_of(named_.c, false, settings_.c_stride), named_.id, ~std::uint64_t{0}});
    } else if (d.preload->has_id) {
      feeding_.push_back(d.preload->id);
    }
  }
  // `due`: when the result that these rows drive out is complete, if they do.
  void last_row_fed(std::uint64_t now, std::uint64_t due) {
    last_fed_.push_back(now);
    fed_.insert(fed_.end(), feeding_.begin(), feeding_.end());
    if (leaving_) set_due(due);
    leaving_ = false;
  }
  void flush(std::uint64_t due) {
    if (weight_stationary() || !finished_.is_real) return;
    active_ = !active_;
    finished_ = Tag{};
    set_due(due);
  }
  unsigned finish_result() {
    const unsigned id = results_.front().id;
    results_.pop_front();
    return id;
  }
  unsigned first_fed() const { return fed_.front(); }
  void grant_fed() { fed_.pop_front(); }

  unsigned waits_for_tags = 0, hazards = 0;

 private:
  struct Result {
    Rows rows;
    unsigned id = 0;
    std::uint64_t due = 0;
  };

  bool a_rides_ahead() const { return settings_.a_transpose == weight_stationary(); }
  bool b_rides_ahead() const { return !weight_stationary() && settings_.a_transpose && settings_.b_transpose; }
  bool d_is_transposed() const { return weight_stationary() && settings_.b_transpose; }
  static Operand stored(const LocalBlock& block, bool is_transposed) {
    return {!block.address.is_garbage(bench_derived()), block.address.row(bench_derived()),
            is_transposed ? block.cols : block.rows, is_transposed ? block.rows : block.cols};
  }
  bool is_hazard(const Step& preload, const Step& compute) {
    const Rows bd = rows_of(preload.first(), d_is_transposed(), 1);
    const Rows a = rows_of(compute.first(), settings_.a_transpose, settings_.a_stride);
    const Rows of_compute = rows_of(compute.second(), !weight_stationary() && settings_.b_transpose, 1);
    const bool found = std::any_of(results_.begin(), results_.end(), [&](const Result& result) {
      return meet(bd, result.rows) || meet(a, result.rows) || meet(of_compute, result.rows);
    });
    hazards += found;
    return found;
  }
  // Results leave in order, at most one in a cycle.
  void set_due(std::uint64_t due) {
    std::uint64_t before = 0;
    for (Result& result : results_) {
      if (result.due == ~std::uint64_t{0}) {
        result.due = std::max(due, before + 1);
        return;
      }
      before = result.due;
    }
  }

  arch::ConfigExecute settings_;
  bool active_ = false;
  Tag named_, finished_;  // C of the last request; output-stationary: accumulated, not yet driven out
  bool leaving_ = false;  // the request being fed drives a result out
  std::deque<Result> results_;
  std::vector<unsigned> feeding_;  // entries that complete with the request's last row
  std::deque<unsigned> fed_;
  std::vector<std::uint64_t> last_fed_;
};

}  // namespace gemel::rtl
