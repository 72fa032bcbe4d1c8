// SPDX-License-Identifier: Apache-2.0
// The station against sets of rows: dependencies are found here by listing every row that a command touches.
#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "Vreservation_station_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using arch::Command;
using arch::Funct;
using arch::LocalAddress;

enum Class { kLoad, kExecute, kStore };
constexpr unsigned kEntries[] = {8, 16, 4};  // default machine

using Rows = std::set<std::uint32_t>;  // local addresses: accumulator bit and row

struct Entry {
  bool is_config = false, is_issued = false, is_preload = false;
  Rows main, bd;  // destination of an mvin, source of an mvout, A of a compute, C of a preload; BD
  std::uint64_t allocated = 0, order = 0;
  std::set<std::pair<int, unsigned>> waits_for;  // class, index
  Command command;
};

// What the station must do, by section 3 of the page.
class Reference {
 public:
  explicit Reference(const arch::DerivedConfig& derived) : derived_(derived) {
    for (int c = 0; c < 3; ++c) entries_[c].resize(kEntries[c]);
  }

  static Class class_of(const Command& command) {
    switch (static_cast<Funct>(command.funct)) {
      case Funct::Config:
        return arch::config_kind(command.rs1) == arch::ConfigKind::Execute ? kExecute
               : arch::config_kind(command.rs1) == arch::ConfigKind::Load  ? kLoad
                                                                           : kStore;
      case Funct::Mvin:
      case Funct::Mvin2:
      case Funct::Mvin3:
        return kLoad;
      case Funct::Mvout:
        return kStore;
      default:
        return kExecute;
    }
  }

  std::optional<unsigned> free_index(Class c) const {
    for (unsigned i = 0; i < kEntries[c]; ++i) {
      if (!entries_[c][i]) return i;
    }
    return std::nullopt;
  }

  // `completing`: entries whose completion is granted in this cycle.
  void allocate(std::uint64_t now, const Command& command, const std::set<std::pair<int, unsigned>>& completing) {
    const Class c = class_of(command);
    Entry entry = describe(command);
    entry.allocated = now;
    entry.order = next_order_++;
    for (int other = 0; other < 3; ++other) {
      for (unsigned i = 0; other != c && i < kEntries[other]; ++i) {
        if (!entries_[other][i] || completing.count({other, i}) > 0) continue;
        if (depends(c, entry, static_cast<Class>(other), *entries_[other][i])) entry.waits_for.insert({other, i});
      }
    }
    pending_ = {c, *free_index(c), entry};
  }

  // Index of the entry of a class that issues in this cycle where the queue has room.
  std::optional<unsigned> to_issue(std::uint64_t now, Class c) const {
    std::optional<unsigned> oldest;
    for (unsigned i = 0; i < kEntries[c]; ++i) {
      if (!entries_[c][i] || entries_[c][i]->is_issued) continue;
      if (!oldest || entries_[c][i]->order < entries_[c][*oldest]->order) oldest = i;
    }
    if (!oldest || !entries_[c][*oldest]->waits_for.empty() || entries_[c][*oldest]->allocated >= now) return {};
    return oldest;
  }
  void issue(Class c, unsigned index) {
    entries_[c][index]->is_issued = true;
    if (c != kExecute && entries_[c][index]->is_config) retired_.push_back({c, index});
  }
  // What happened in the cycle becomes visible.
  void end_cycle(const std::set<std::pair<int, unsigned>>& completed) {
    for (auto& of_class : entries_) {
      for (auto& entry : of_class) {
        for (const auto& done : completed) {
          if (entry) entry->waits_for.erase(done);
        }
      }
    }
    for (const auto& [c, i] : completed) entries_[c][i].reset();
    for (const auto& [c, i] : retired_) entries_[c][i].reset();
    retired_.clear();
    if (pending_) entries_[pending_->c][pending_->index] = pending_->entry;
    pending_.reset();
  }

  std::vector<unsigned> issued(Class c) const {
    std::vector<unsigned> found;
    for (unsigned i = 0; i < kEntries[c]; ++i) {
      if (entries_[c][i] && entries_[c][i]->is_issued) found.push_back(i);
    }
    return found;
  }
  unsigned count(Class c) const {
    return static_cast<unsigned>(std::count_if(entries_[c].begin(), entries_[c].end(), [](auto& e) { return !!e; }));
  }
  const Entry& entry(Class c, unsigned index) const { return *entries_[c][index]; }

 private:
  struct Pending {
    Class c;
    unsigned index;
    Entry entry;
  };

  static bool meet(const Rows& a, const Rows& b) {
    return std::any_of(a.begin(), a.end(), [&](std::uint32_t row) { return b.count(row) > 0; });
  }
  static bool depends(Class c, const Entry& entry, Class other_class, const Entry& other) {
    if (entry.is_config || other.is_config) return false;
    if (c == kLoad && other_class == kExecute) return meet(entry.main, other.main) || meet(entry.main, other.bd);
    if (c == kLoad) return meet(entry.main, other.main);
    if (c == kExecute && other_class == kLoad) return meet(entry.main, other.main) || meet(entry.bd, other.main);
    if (c == kExecute) return entry.is_preload && meet(entry.main, other.main);
    if (other_class == kLoad) return meet(entry.main, other.main);
    return other.is_preload && meet(entry.main, other.main);
  }

  Rows rows(LocalAddress address, std::uint64_t length, std::uint32_t lowered = 0) const {
    Rows result;
    if (address.is_garbage(derived_) || length == 0) return result;
    const std::uint32_t all = address.is_accumulator() ? derived_.accumulator_rows : derived_.scratchpad_rows;
    const std::uint32_t flag = address.bits() & LocalAddress::kAccumulatorBit;
    const std::uint64_t start = address.row(derived_) - std::min(lowered, address.row(derived_));
    const std::uint64_t end = std::min<std::uint64_t>(address.row(derived_) + length, start + all);
    for (std::uint64_t row = start; row < end; ++row) result.insert(flag | static_cast<std::uint32_t>(row % all));
    return result;
  }

  Entry describe(const Command& command) {
    Entry entry;
    entry.command = command;
    const Funct funct = static_cast<Funct>(command.funct);
    const std::uint32_t dim = derived_.dim;
    if (funct == Funct::Config) {
      entry.is_config = true;
      follow_config(command);
    } else if (arch::is_mvin(funct)) {
      const arch::Mvin mvin = arch::decode_mvin(command);
      entry.main = rows(mvin.local.address,
                        std::uint64_t{(mvin.local.cols - 1u) / dim} * block_stride_[mvin.state] + mvin.local.rows,
                        pixel_repeats_[mvin.state] - 1u);
    } else if (funct == Funct::Mvout) {
      const arch::LocalBlock source = arch::decode_mvout(command.rs1, command.rs2).local;
      const std::uint32_t bank =
          source.address.is_accumulator() ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
      entry.main = rows(source.address, is_pooling_ ? bank - source.address.row(derived_) % bank
                                                    : (source.cols - 1u) / dim * dim + source.rows);
    } else if (funct == Funct::Preload) {
      const arch::Preload preload = arch::decode_preload(command.rs1, command.rs2);
      entry.is_preload = true;
      entry.main = rows(preload.c.address, std::uint64_t{preload.c.rows} * c_stride_);
      entry.bd = rows(preload.bd.address, stored_rows(preload.bd, is_weight_stationary_));
    } else {
      const arch::Compute compute = arch::decode_compute(command);
      entry.main = rows(compute.a.address, std::uint64_t{a_transpose_ ? compute.a.cols : compute.a.rows} * a_stride_);
      entry.bd = rows(compute.bd.address, stored_rows(compute.bd, !is_weight_stationary_));
    }
    return entry;
  }

  // Rows of a BD operand as it is stored; B is exchanged where it is transposed.
  std::uint32_t stored_rows(const arch::LocalBlock& bd, bool is_b) const {
    return is_b && b_transpose_ ? bd.cols : bd.rows;
  }

  void follow_config(const Command& command) {
    switch (arch::config_kind(command.rs1)) {
      case arch::ConfigKind::Execute: {
        const arch::ConfigExecute config = arch::decode_config_execute(command.rs1, command.rs2);
        a_stride_ = config.a_stride;
        c_stride_ = config.c_stride;
        if (config.set_only_strides) break;
        a_transpose_ = config.a_transpose;
        b_transpose_ = config.b_transpose;
        is_weight_stationary_ = config.dataflow == arch::Dataflow::WeightStationary;
        break;
      }
      case arch::ConfigKind::Load: {
        const arch::ConfigLoad config = arch::decode_config_load(command.rs1, command.rs2);
        block_stride_[config.state] = config.block_stride;
        pixel_repeats_[config.state] = config.pixel_repeats;
        break;
      }
      default: {
        const arch::ConfigStore config = arch::decode_config_store(command.rs1, command.rs2);
        is_pooling_ = config.pool_stride != 0 || config.pool_size != 0;
      }
    }
  }

  const arch::DerivedConfig derived_;
  std::vector<std::optional<Entry>> entries_[3];
  std::optional<Pending> pending_;
  std::vector<std::pair<int, unsigned>> retired_;
  std::uint64_t next_order_ = 0;
  std::uint32_t block_stride_[3] = {0, 0, 0}, pixel_repeats_[3] = {1, 1, 1}, a_stride_ = 0, c_stride_ = 0;
  bool a_transpose_ = false, b_transpose_ = false, is_weight_stationary_ = false, is_pooling_ = false;
};

class ReservationStation : public UnitBench<Vreservation_station_bench> {
 protected:
  void clear_inputs() override {
    top().allocate_valid_i = 0;
    top().issue_ready_i = 0;
    top().result_done_valid_i = 0;
    top().done_valid_i = 0;
    top().lone_preload_i = 0;
  }
  void offer(const Command& command) {
    top().allocate_valid_i = 1;
    top().funct_i = command.funct;
    top().rs1_i = command.rs1;
    top().rs2_i = command.rs2;
  }
  const arch::DerivedConfig derived_ = arch::derive(arch::AcceleratorConfig{});
};

Command mvin(std::uint32_t row, unsigned rows = 16, unsigned cols = 16) {
  return arch::encode_mvin(
      {0, 0x80000000, {LocalAddress(row), static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)}});
}
Command mvout(std::uint32_t row, unsigned rows = 16) {
  return arch::encode_mvout({0x80000000, {LocalAddress(row), 16, static_cast<std::uint16_t>(rows)}});
}

// An mvin allocated in a and completed in c: the mvout of its last row, allocated behind it, issues in c + 1.
TEST_F(ReservationStation, CompletionLetsADependentIssueInTheNextCycle) {
  offer(mvin(100));
  settle();
  tick();
  offer(mvout(115));
  settle();
  EXPECT_EQ(top().issue_valid_o, 1u) << "the mvin issues one cycle after its allocation";
  top().issue_ready_i = 7;
  settle();
  tick();
  top().allocate_valid_i = 0;
  for (int i = 0; i < 5; ++i, tick()) {
    settle();
    EXPECT_EQ(top().issue_valid_o, 0u);
  }
  top().done_valid_i = 1;
  settle();
  EXPECT_EQ(top().issue_valid_o, 0u) << "not in the cycle of the completion";
  tick();
  top().done_valid_i = 0;
  settle();
  EXPECT_EQ(top().issue_valid_o, 4u);
}

TEST_F(ReservationStation, RangesThatOnlyTouchDoNotDepend) {
  offer(mvin(100));
  settle();
  tick();
  offer(mvout(116));
  settle();
  tick();
  top().allocate_valid_i = 0;
  settle();
  EXPECT_EQ(top().issue_valid_o, 5u);
}

TEST_F(ReservationStation, RangePastTheLastRowMeetsTheFirstRows) {
  offer(mvin(16384 - 8));  // rows 16376..16383 and 0..7
  settle();
  tick();
  offer(mvout(7, 1));
  settle();
  tick();
  offer(mvout(8, 1));
  settle();
  tick();
  top().allocate_valid_i = 0;
  settle();
  EXPECT_EQ(top().issue_valid_o, 1u) << "the mvout of row 7 waits, and the one behind it with it";
}

TEST_F(ReservationStation, LonePreloadDoesNotMakeItBusy) {
  offer(arch::encode_preload({{LocalAddress(0), 16, 16}, {LocalAddress::accumulator(0), 16, 16}}));
  settle();
  tick();
  top().allocate_valid_i = 0;
  settle();
  EXPECT_TRUE(top().busy_o);
  top().lone_preload_i = 1;
  settle();
  EXPECT_FALSE(top().busy_o);
}

TEST_F(ReservationStation, MatchesSetsOfRowsUnderRandomCommandsAndCompletions) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned below) { return static_cast<std::uint32_t>(random() % below); };
  const auto address = [&] {
    switch (pick(12)) {
      case 0:
        return LocalAddress::garbage();
      case 1:
        return LocalAddress::scratchpad(derived_.scratchpad_rows - 1 - pick(24));
      case 2:
        return LocalAddress::accumulator(derived_.accumulator_rows - 1 - pick(24));
      case 3:
      case 4:
      case 5:
        return LocalAddress::accumulator(pick(200));
      default:
        return LocalAddress::scratchpad(pick(200));
    }
  };
  const auto block = [&] {
    return arch::LocalBlock{address(), static_cast<std::uint16_t>(1 + pick(16)),
                            static_cast<std::uint16_t>(1 + pick(16))};
  };
  const auto named = [&](arch::LocalBlock of) {  // mvins and mvouts have no garbage
    while (of.address.is_garbage(derived_)) of.address = address();
    return of;
  };
  const auto command = [&]() -> Command {
    switch (pick(14)) {
      case 0: {
        arch::ConfigExecute config;
        config.set_only_strides = pick(2) != 0;
        config.a_transpose = pick(2) != 0;
        config.b_transpose = pick(2) != 0;
        config.dataflow = pick(2) != 0 ? arch::Dataflow::WeightStationary : arch::Dataflow::OutputStationary;
        config.a_stride = static_cast<std::uint16_t>(pick(4));
        config.c_stride = static_cast<std::uint16_t>(pick(4));
        return arch::encode_config_execute(config);
      }
      case 1: {
        arch::ConfigLoad config;
        config.state = static_cast<std::uint8_t>(pick(3));
        config.pixel_repeats = static_cast<std::uint8_t>(1 + pick(3));
        config.block_stride = static_cast<std::uint16_t>(16 + pick(40));
        return arch::encode_config_load(config);
      }
      case 2: {
        arch::ConfigStore config;
        config.pool_stride = static_cast<std::uint8_t>(pick(5) == 0);
        config.pool_size = static_cast<std::uint8_t>(pick(5) == 0);
        return arch::encode_config_store(config);
      }
      case 3:
      case 4:
      case 5: {
        arch::Mvin load{static_cast<std::uint8_t>(pick(3)), 0x80000000, named(block())};
        load.local.cols = static_cast<std::uint16_t>(1 + pick(64));
        return arch::encode_mvin(load);
      }
      case 6:
      case 7:
      case 8:
        return arch::encode_mvout({0x80000000, named(block())});
      case 9:
      case 10:
        return arch::encode_preload({block(), block()});
      default:
        return arch::encode_compute({pick(2) != 0, block(), block()});
    }
  };

  Reference reference(derived_);
  Command next = command();
  unsigned allocated = 0, waited = 0;
  for (int cycle = 0; cycle < 30000; ++cycle, tick()) {
    const bool is_slow = (cycle / 300) % 2 == 0;  // entries pile up, then drain
    const bool is_offered = pick(3) != 0;
    clear_inputs();
    if (is_offered) offer(next);
    top().issue_ready_i = static_cast<std::uint8_t>(pick(8));

    // Completions that are asked for; the port grants one: result, fed, load, store.
    std::set<std::pair<int, unsigned>> completing;
    const auto some = [&](Class c) -> std::optional<unsigned> {
      const std::vector<unsigned> issued = reference.issued(c);
      if (issued.empty() || pick(is_slow ? 12 : 2) != 0) return std::nullopt;
      return issued[pick(static_cast<unsigned>(issued.size()))];
    };
    const std::optional<unsigned> result = some(kExecute), fed = some(kExecute), load = some(kLoad),
                                  store = some(kStore);
    top().result_done_valid_i = result.has_value();
    top().result_done_id_i = static_cast<std::uint8_t>(result.value_or(0));
    top().done_valid_i = static_cast<std::uint8_t>(load.has_value() | fed.has_value() << 1 | store.has_value() << 2);
    top().load_done_id_i = static_cast<std::uint8_t>(load.value_or(0));
    top().fed_done_id_i = static_cast<std::uint8_t>(fed.value_or(0));
    top().store_done_id_i = static_cast<std::uint8_t>(store.value_or(0));
    if (result)
      completing.insert({kExecute, *result});
    else if (fed)
      completing.insert({kExecute, *fed});
    else if (load)
      completing.insert({kLoad, *load});
    else if (store)
      completing.insert({kStore, *store});
    settle();

    if (fed) {
      ASSERT_EQ((top().done_ready_o >> kExecute & 1) != 0, !result);
    }
    if (load) {
      ASSERT_EQ((top().done_ready_o >> kLoad & 1) != 0, !result && !fed);
    }
    if (store) {
      ASSERT_EQ((top().done_ready_o >> kStore & 1) != 0, !result && !fed && !load);
    }
    ASSERT_EQ(top().busy_o != 0, reference.count(kLoad) + reference.count(kExecute) + reference.count(kStore) > 0);

    for (const Class c : {kLoad, kExecute, kStore}) {
      const std::optional<unsigned> index = reference.to_issue(now(), c);
      ASSERT_EQ((top().issue_valid_o >> c & 1) != 0, index.has_value()) << "cycle " << now() << ", class " << c;
      if (!index) continue;
      const unsigned shown = c == kLoad      ? top().load_issue_id_o
                             : c == kExecute ? top().execute_issue_id_o
                                             : top().store_issue_id_o;
      ASSERT_EQ(shown, *index) << "cycle " << now() << ", class " << c;
      if (c == kExecute) {
        ASSERT_EQ(top().execute_issue_rs2_o, reference.entry(c, *index).command.rs2);
      }
    }
    const Class c = Reference::class_of(next);
    const bool has_room = reference.free_index(c).has_value();
    if (is_offered) {
      ASSERT_EQ(top().allocate_ready_o != 0, has_room) << "cycle " << now();
    }
    if (is_offered && has_room) {
      reference.allocate(now(), next, completing);
      next = command();
      ++allocated;
    }
    for (const Class of : {kLoad, kExecute, kStore}) {
      const std::optional<unsigned> index = reference.to_issue(now(), of);
      if (index && (top().issue_ready_i >> of & 1)) reference.issue(of, *index);
      if (!index && reference.count(of) > reference.issued(of).size()) ++waited;
    }
    reference.end_cycle(completing);
  }
  EXPECT_GT(allocated, 3000u);
  EXPECT_GT(waited, 1000u);
}

}  // namespace
}  // namespace gemel::rtl
