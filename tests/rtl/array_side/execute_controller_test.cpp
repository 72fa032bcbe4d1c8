// SPDX-License-Identifier: Apache-2.0
// Decisions, requests, tags and completions (sections 10 and 11 of the page) against a model of the rules, in each
// cycle, with rows, results and completion grants that come at random.
#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "Vexecute_controller_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/array_side/local_rows.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using arch::Funct;
using arch::LocalBlock;

constexpr unsigned kPorts = 3;  // A, B, D
constexpr unsigned kTags = 5;
constexpr unsigned kLeastRows = 4;

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

class ExecuteController : public UnitBench<Vexecute_controller_bench> {
 protected:
  void clear_inputs() override {
    top().head_valid_i = 0;
    top().feeder_idle_i = 1;
    top().last_row_fed_i = 0;
    top().result_done_i = 0;
    top().fed_done_ready_i = 0;
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  LocalBlock draw_block(bool is_result) {
    const arch::DerivedConfig& derived = bench_derived();
    arch::LocalAddress address = arch::LocalAddress::scratchpad(pick(8) == 0 ? derived.scratchpad_rows - 1 - pick(8)
                                                                             : pick(is_result ? 60 : 120));
    if (is_result && pick(3) == 0) address = arch::LocalAddress::accumulator(pick(derived.accumulator_rows));
    if (pick(5) == 0) address = arch::LocalAddress::garbage();
    return {address, static_cast<std::uint16_t>(1 + pick(derived.dim)),
            static_cast<std::uint16_t>(1 + pick(derived.dim))};
  }
  void push(const arch::Command& command, bool has_id = true) {
    Step step{command, 0, has_id};
    if (has_id) {
      step.id = free_.back();
      free_.pop_back();
    }
    queue_.push_back(step);
  }
  // A legal piece of program, as the expander shows it.
  void generate() {
    if (!is_configured_ || pick(8) == 0) {
      arch::ConfigExecute config;
      config.dataflow = pick(2) != 0 ? arch::Dataflow::WeightStationary : arch::Dataflow::OutputStationary;
      config.set_only_strides = is_configured_ && pick(3) == 0;
      config.activation = pick(2) != 0 ? arch::Activation::Relu : arch::Activation::None;
      // One operand at most passes the transposer.
      const bool is_ws = config.dataflow == arch::Dataflow::WeightStationary;
      config.a_transpose = pick(2) != 0;
      config.b_transpose = config.a_transpose != is_ws && pick(2) != 0;
      config.a_stride = static_cast<std::uint16_t>(1 + pick(3));
      config.c_stride = static_cast<std::uint16_t>(1 + pick(2));
      config.shift = static_cast<std::uint8_t>(pick(32));
      push(arch::encode_config_execute(config));
      is_configured_ = true;
      if (!config.set_only_strides) expands_ = is_ws && config.b_transpose;
      return;
    }
    const arch::Preload preload{draw_block(false), draw_block(true)};
    const arch::Compute compute{pick(3) != 0, draw_block(false), draw_block(false)};
    const LocalBlock nothing{arch::LocalAddress::garbage(), 1, 1};
    if (expands_ && compute.preloaded) {
      push(arch::encode_preload({preload.bd, nothing}), false);
      push(arch::encode_compute({false, nothing, nothing}), false);
      push(arch::encode_preload({nothing, preload.c}));
    } else {
      push(arch::encode_preload(preload));
    }
    push(arch::encode_compute(compute));
    if (pick(5) == 0) push(arch::encode_compute({false, draw_block(false), draw_block(false)}));
  }
  void show_head(unsigned seen) {
    top().head_valid_i = static_cast<std::uint8_t>((1u << std::min(seen, 3u)) - 1);
    std::uint32_t functs = 0, ids = 0, has_id = 0;
    for (unsigned i = 0; i < std::min(seen, 3u); ++i) {
      const Step& step = queue_[i];
      functs |= std::uint32_t{step.command.funct} << 7 * i;
      ids |= step.id << 8 * i;
      has_id |= std::uint32_t{step.has_id} << i;
      for (unsigned half = 0; half < 2; ++half) {
        top().rs1_i[2 * i + half] = static_cast<std::uint32_t>(step.command.rs1 >> 32 * half);
        top().rs2_i[2 * i + half] = static_cast<std::uint32_t>(step.command.rs2 >> 32 * half);
      }
    }
    top().funct_i = functs;
    top().id_i = ids;
    top().has_id_i = static_cast<std::uint8_t>(has_id);
  }

  void expect_configuration(const Rules& rules) {
    const arch::ConfigExecute& settings = rules.settings();
    ASSERT_EQ(top().weight_stationary_o != 0, rules.weight_stationary());
    ASSERT_EQ(top().expands_o != 0, rules.weight_stationary() && settings.b_transpose);
    ASSERT_EQ(top().relu_o != 0, settings.activation == arch::Activation::Relu);
    ASSERT_EQ(top().shift_o, settings.shift);
    ASSERT_EQ(top().c_stride_o, settings.c_stride);
  }
  void expect_request(const Rules& rules, const Decision& decision) {
    const std::array<Rules::Operand, kPorts> ports = rules.operands(decision);
    for (unsigned port = 0; port < kPorts; ++port) {
      ASSERT_EQ((top().operand_valid_o >> port & 1) != 0, ports[port].is_valid) << "port " << port;
      if (!ports[port].is_valid) continue;
      ASSERT_EQ(top().operand_row_o[port], ports[port].row) << "port " << port;
      ASSERT_EQ(top().operand_rows_o >> 16 * port & 0xFFFF, ports[port].rows) << "port " << port;
      ASSERT_EQ(top().operand_cols_o >> 16 * port & 0xFFFF, ports[port].cols) << "port " << port;
    }
    ASSERT_EQ(top().a_stride_o, rules.settings().a_stride);
    ASSERT_EQ(top().rows_o, rules.rows(decision));
    ASSERT_EQ(top().transpose_o, rules.transposed_port());
    ASSERT_EQ(top().request_weight_stationary_o != 0, rules.weight_stationary());
    ASSERT_EQ(top().active_o != 0, rules.active() != rules.swaps(decision));
    ASSERT_EQ(top().take_o, decision.kind == Decision::Both ? 2 : 1);
  }
  void expect_tag(const Rules& rules) {
    const Tag& tag = rules.driven_out();
    ASSERT_EQ(top().tag_real_o != 0, tag.is_real);
    if (!tag.is_real) return;
    ASSERT_EQ(top().tag_address_o, tag.c.address.bits());
    ASSERT_EQ(top().tag_rows_o, tag.c.rows);
    ASSERT_EQ(top().tag_cols_o, tag.c.cols);
    ASSERT_EQ(top().tag_id_o, tag.id);
  }
  // Everything that is visible in this cycle but the completion port.
  void expect_decision(const Rules& rules, const Decision& decision) {
    ASSERT_NO_FATAL_FAILURE(expect_configuration(rules));
    ASSERT_EQ(top().request_valid_o != 0, decision.is_request());
    ASSERT_EQ(top().flush_valid_o != 0, decision.kind == Decision::Flush);
    const bool drives_out = !rules.weight_stationary() && rules.driven_out().is_real;
    if (decision.kind == Decision::Flush) {
      ASSERT_EQ(top().flush_drives_out_o != 0, drives_out);
      ASSERT_EQ(top().flush_active_o != 0, !rules.active());
    }
    const bool has_tag = decision.is_request() || (decision.kind == Decision::Flush && drives_out);
    ASSERT_EQ(top().tag_valid_o != 0, has_tag);
    if (has_tag) {
      ASSERT_NO_FATAL_FAILURE(expect_tag(rules));
    }
    if (decision.is_request()) {
      ASSERT_NO_FATAL_FAILURE(expect_request(rules, decision));
    } else {
      ASSERT_EQ(top().take_o, decision.kind == Decision::Apply ? 1 : 0);
    }
  }

  std::mt19937 random_{test_seed()};
  std::deque<Step> queue_;
  std::vector<unsigned> free_;  // entries of the station
  bool is_configured_ = false, expands_ = false;
};

TEST_F(ExecuteController, FollowsItsRulesUnderRandomCommandsAndStalls) {
  SCOPED_TRACE(seed_text());
  const arch::DerivedConfig& derived = bench_derived();
  const std::uint64_t into_array = 2 + bench_config().scratchpad.read_delay_cycles;
  for (unsigned id = 0; id < bench_config().reservation_station.execute_entries; ++id) free_.push_back(id);
  Rules rules;
  unsigned seen = 0;             // commands that have come through the queue
  unsigned rows_left = 0;        // of the request being fed
  std::uint64_t busy_until = 0;  // with a flush
  std::uint64_t last_fed = 0;
  std::array<unsigned, 6> decisions{};
  for (unsigned cycle = 0; cycle < 100000; ++cycle, tick()) {
    if (queue_.size() < 6 && free_.size() >= 3) generate();
    // Now and then nothing comes for long.
    if (seen < queue_.size() && pick(1000) < (cycle / 500 % 3 == 0 ? 80 : 700)) ++seen;
    const bool is_idle = rows_left == 0 && now() >= busy_until;
    const bool has_result = rules.result_is_due(now());
    show_head(seen);
    top().feeder_idle_i = is_idle;
    top().result_done_i = has_result;
    // A configuration always finds its grant: nothing else is under way then.
    const bool config_at_head = seen > 0 && queue_.front().funct() == Funct::Config;
    top().fed_done_ready_i = !has_result && (config_at_head || pick(4) != 0);
    const Decision decision = is_idle ? rules.decide(queue_, seen, now()) : Decision{};
    if (decision.is_request()) rows_left = rules.rows(decision) + (pick(3) == 0 ? pick(20) : 0);
    top().last_row_fed_i = rows_left == 1;
    settle();

    ASSERT_NO_FATAL_FAILURE(expect_decision(rules, decision)) << "cycle " << now();
    ASSERT_EQ(top().fed_done_valid_o != 0, rules.fed_waits() || decision.kind == Decision::Apply) << "cycle " << now();
    if (top().fed_done_valid_o) {
      ASSERT_EQ(top().fed_done_id_o, rules.fed_waits() ? rules.first_fed() : queue_.front().id) << "cycle " << now();
    }

    ++decisions[decision.kind];
    if (top().fed_done_valid_o && top().fed_done_ready_i) {
      free_.push_back(top().fed_done_id_o);
      if (rules.fed_waits()) rules.grant_fed();
    }
    if (has_result) free_.push_back(rules.finish_result());
    const auto due = [&](std::uint64_t last) { return now() + 1 + pick(static_cast<unsigned>(last - now())); };
    if (decision.kind == Decision::Apply) rules.apply(queue_.front());
    if (decision.kind == Decision::Flush) {
      const std::uint64_t enters = std::max(now() + 1, last_fed + into_array);
      busy_until = enters + derived.dim + 1;
      rules.flush(due(enters + derived.dim + derived.array_latency));
    }
    if (decision.is_request()) rules.start(decision);
    if (rows_left == 1) {
      last_fed = now();
      rules.last_row_fed(now(), due(now() + into_array + derived.array_latency));
    }
    rows_left -= rows_left > 0;
    const unsigned taken =
        decision.kind == Decision::Both ? 2 : decision.is_request() || decision.kind == Decision::Apply;
    queue_.erase(queue_.begin(), queue_.begin() + taken);
    seen -= taken;
  }
  for (const unsigned count : decisions) EXPECT_GT(count, 100u);
  EXPECT_GT(rules.waits_for_tags, 100u);
  EXPECT_GT(rules.hazards, 100u);
}

}  // namespace
}  // namespace gemel::rtl
