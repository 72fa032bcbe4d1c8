// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the station must do, by section 3 of docs/microarchitecture.md, with sets of rows: dependencies are found here
// by listing every row that a command touches.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sim/arch/isa.h"

namespace gemel::rtl {

using arch::Command;
using arch::Funct;
using arch::LocalAddress;

enum Class : std::uint8_t { kLoad, kExecute, kStore };
inline constexpr unsigned kEntries[] = {8, 16, 4};  // default machine

using Rows = std::set<std::uint32_t>;  // local addresses: accumulator bit and row

struct Entry {
  bool is_config = false, is_issued = false, is_preload = false;
  Rows main, bd;  // destination of an mvin, source of an mvout, A of a compute, C of a preload; BD
  std::uint64_t allocated = 0, order = 0;
  std::set<std::pair<int, unsigned>> waits_for;  // class, index
  Command command;
};

class StationReference {
 public:
  explicit StationReference(const arch::DerivedConfig& derived) : derived_(derived) {
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

}  // namespace gemel::rtl
