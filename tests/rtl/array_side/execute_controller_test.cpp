// SPDX-License-Identifier: Apache-2.0
// Decisions, requests, tags and completions (sections 10 and 11 of the page) against a model of the rules, in each
// cycle, with rows, results and completion grants that come at random.
#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "Vexecute_controller_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/array_side/execute_rules.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

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
