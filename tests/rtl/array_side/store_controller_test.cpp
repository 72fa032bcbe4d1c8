// SPDX-License-Identifier: Apache-2.0
// The store controller against section 12 of the page.
#include <algorithm>
#include <deque>
#include <vector>

#include "Vcontroller_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

enum Source : unsigned { kScratchpad, kAccumulator, kNowhere };

struct Element {
  unsigned source = kScratchpad, row = 0, block = 0, lanes = 1;
  std::uint64_t address = 0;
  bool is_first = true, is_last = true, is_pooled = false, is_full_width = false, is_last_of_command = false;

  unsigned flags() const {
    return (is_full_width ? 8u : 0u) | (is_pooled ? 4u : 0u) | (is_last ? 2u : 0u) | (is_first ? 1u : 0u);
  }
};

// What the configurations so far leave behind: some fields keep their value where a configuration has no use for them.
void follow(arch::ConfigStore& settings, const arch::ConfigStore& c) {
  arch::ConfigStore next = c;
  if (c.pool_stride == 0) {
    next.upper_pad = settings.upper_pad;
    next.left_pad = settings.left_pad;
    next.pooled_rows = settings.pooled_rows;
    next.pooled_cols = settings.pooled_cols;
  }
  if (c.pool_stride == 0 && c.pool_size == 0) {
    next.pool_out_dim = settings.pool_out_dim;
    next.out_rows = settings.out_rows;
    next.out_cols = settings.out_cols;
  }
  if (c.keeps_scale()) next.scale_bits = settings.scale_bits;
  settings = next;
}

std::vector<Element> elements_of(const arch::Mvout& mvout, const arch::ConfigStore& s) {
  const arch::DerivedConfig& derived = bench_derived();
  const arch::LocalAddress base = mvout.local.address;
  std::vector<Element> elements;
  Element element;
  element.is_full_width = base.is_accumulator() && base.is_full_width() && bench_config().full_width_accumulator_read;
  const auto place = [&](unsigned offset) {
    element.source = base.is_accumulator() ? kAccumulator : kScratchpad;
    element.row = base.plus(offset, derived).row(derived);
  };
  if (s.pool_stride != 0) {
    element.is_pooled = true;
    element.lanes = mvout.local.cols;
    for (int pooled_row = 0; pooled_row < s.pooled_rows; ++pooled_row) {
      for (int pooled_col = 0; pooled_col < s.pooled_cols; ++pooled_col) {
        element.address = mvout.dram_address + std::uint64_t(pooled_row * s.pool_out_dim + pooled_col) * s.dram_stride;
        for (int window_row = 0; window_row < s.pool_size; ++window_row) {
          for (int window_col = 0; window_col < s.pool_size; ++window_col) {
            const int row = pooled_row * s.pool_stride + window_row - s.upper_pad;
            const int col = pooled_col * s.pool_stride + window_col - s.left_pad;
            place(static_cast<unsigned>(row * s.out_cols + col));
            if (row < 0 || col < 0 || row >= s.out_rows || col >= s.out_cols) element.source = kNowhere;
            element.is_first = window_row == 0 && window_col == 0;
            element.is_last = window_row + 1 == s.pool_size && window_col + 1 == s.pool_size;
            elements.push_back(element);
          }
        }
      }
    }
  } else {
    const bool is_one_dimensional = s.pool_size != 0;
    const unsigned rows = is_one_dimensional ? s.out_rows * s.out_cols : mvout.local.rows;
    const unsigned blocks = (mvout.local.cols + derived.dim - 1) / derived.dim;
    for (unsigned row = 0; row < rows; ++row) {
      const unsigned dram_row = is_one_dimensional ? row / s.out_cols * s.pool_out_dim + row % s.out_cols : row;
      element.address = mvout.dram_address + std::uint64_t{dram_row} * s.dram_stride;
      for (element.block = 0; element.block < blocks; ++element.block) {
        place(element.block * derived.dim + row);
        element.is_first = element.block == 0;
        element.is_last = element.block + 1 == blocks;
        element.lanes = std::min(mvout.local.cols - element.block * derived.dim, derived.dim);
        elements.push_back(element);
      }
    }
  }
  elements.back().is_last_of_command = true;
  return elements;
}

class StoreController : public UnitBench<Vcontroller_bench> {
 protected:
  void clear_inputs() override {
    top().issue_valid_i = 0;
    top().request_ready_i = 1;
    top().last_read_i = 0;
    top().done_ready_i = 1;
  }
  void offer(const arch::Command& command, unsigned id) {
    top().issue_valid_i = 1;
    top().issue_funct_i = command.funct;
    top().issue_rs1_i = command.rs1;
    top().issue_rs2_i = command.rs2;
    top().issue_id_i = static_cast<std::uint8_t>(id);
  }
};

TEST_F(StoreController, FollowsItsRulesUnderRandomCommandsAndStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  const unsigned dim = bench_derived().dim, entries = bench_config().reservation_station.store_entries;
  arch::ConfigStore drawn;  // as the commands drawn so far leave it
  const auto draw = [&]() -> arch::Command {
    if (pick(3) == 0) {
      arch::ConfigStore c;
      c.activation = static_cast<std::uint8_t>(pick(2));
      c.pool_stride = static_cast<std::uint8_t>(pick(2) * pick(4));
      c.pool_size = static_cast<std::uint8_t>(c.pool_stride != 0 ? 1 + pick(3) : pick(3) == 0);
      c.upper_pad = static_cast<std::uint8_t>(pick(3));
      c.left_pad = static_cast<std::uint8_t>(pick(3));
      c.pool_out_dim = static_cast<std::uint8_t>(1 + pick(9));
      c.pooled_rows = static_cast<std::uint8_t>(1 + pick(3));
      c.pooled_cols = static_cast<std::uint8_t>(1 + pick(3));
      c.out_rows = static_cast<std::uint8_t>(1 + pick(5));
      c.out_cols = static_cast<std::uint8_t>(1 + pick(5));
      c.dram_stride = pick(500);
      c.scale_bits = pick(4) == 0 ? arch::ConfigStore::kKeepScale : random();
      follow(drawn, c);
      return arch::encode_config_store(c);
    }
    arch::LocalAddress local = arch::LocalAddress::scratchpad(pick(bench_derived().scratchpad_rows));
    if (pick(2) != 0) local = arch::LocalAddress::accumulator(pick(bench_derived().accumulator_rows));
    if (pick(2) != 0) local = local.with_full_width();
    const unsigned cols = 1 + pick(drawn.pool_stride != 0 ? dim : 3 * dim);
    return arch::encode_mvout({0x80000000u + pick(4096),
                               {local, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(1 + pick(dim))}});
  };
  struct Issued {
    arch::Command command;
    unsigned id;
    std::uint64_t seen_from;
  };
  const unsigned rates[] = {100, 90, 50, 15};
  unsigned issued = 100, taken = 100, reading = 100, granted = 100;
  std::deque<Issued> queue;
  arch::ConfigStore settings;
  std::vector<Element> elements;  // of the mvout at the head
  std::size_t next_element = 0;
  std::uint64_t next_look = 0, first = 0;
  std::deque<unsigned> unread, finished;
  unsigned used = 0, number = 0, handed = 0;
  arch::Command next = draw();
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) {
      for (unsigned* rate : {&issued, &taken, &reading, &granted}) *rate = rates[pick(4)];
    }
    top().issue_valid_i = 0;
    if (pick(100) < issued) offer(next, number % entries);
    top().request_ready_i = pick(100) < taken;
    top().last_read_i = !unread.empty() && pick(100) < reading;
    top().done_ready_i = pick(100) < granted;
    settle();

    ASSERT_EQ(top().issue_ready_o != 0, queue.size() < bench_config().queues.store) << "cycle " << now();
    ASSERT_EQ(top().done_valid_o != 0, !finished.empty()) << "cycle " << now();
    if (!finished.empty()) {
      ASSERT_EQ(top().done_id_o, finished.front());
    }
    const bool is_seen = !queue.empty() && queue.front().seen_from <= now() && next_look <= now();
    bool requests = false, leaves = false, configures = false;
    if (is_seen && static_cast<arch::Funct>(queue.front().command.funct) == arch::Funct::Config) {
      follow(settings, arch::decode_config_store(queue.front().command.rs1, queue.front().command.rs2));
      leaves = configures = true;
    } else if (is_seen && next_element > 0 && next_element == elements.size()) {
      leaves = true;  // the cycle behind a single element
    } else if (is_seen && (next_element > 0 || used < bench_config().dma.loads_in_flight)) {
      if (next_element == 0) {
        elements = elements_of(arch::decode_mvout(queue.front().command.rs1, queue.front().command.rs2), settings);
      }
      requests = true;
      const Element& element = elements[next_element];
      ASSERT_EQ(top().request_source_o, element.source) << "cycle " << now();
      if (element.source != kNowhere) {
        ASSERT_EQ(top().request_row_o, element.row) << "cycle " << now();
      }
      ASSERT_EQ(top().request_relu_o != 0, settings.activation == 1);
      ASSERT_EQ(top().request_scale_o, settings.scale_bits);
      ASSERT_EQ(top().request_address_o, element.address) << "cycle " << now();
      ASSERT_EQ(top().request_flags_o, element.flags()) << "cycle " << now();
      ASSERT_EQ(top().request_block_o, element.block);
      ASSERT_EQ(top().request_lanes_o, element.lanes);
      ASSERT_EQ(top().request_last_of_command_o != 0, element.is_last_of_command);
      if (top().request_ready_i) {
        if (next_element++ == 0) {
          first = now();
          ++used;
          unread.push_back(queue.front().id);
        }
        ++handed;
        leaves = next_element == elements.size() && now() > first;
      }
    }
    ASSERT_EQ(top().request_valid_o != 0, requests) << "cycle " << now();
    ASSERT_EQ(top().active_o != 0, requests || configures) << "cycle " << now();

    if (top().done_valid_o && top().done_ready_i) {
      finished.pop_front();
      --used;
    }
    // The pipeline reads in order, and an mvout's last element only once it was handed over.
    if (top().last_read_i) {
      finished.push_back(unread.front());
      unread.pop_front();
    }
    if (leaves) {
      queue.pop_front();
      elements.clear();
      next_element = 0;
      next_look = now() + 1;
    }
    if (top().issue_valid_i && top().issue_ready_o) {
      queue.push_back({next, number++ % entries, now() + 1});
      next = draw();
    }
  }
  EXPECT_GT(handed, 3000u);
}

}  // namespace
}  // namespace gemel::rtl
