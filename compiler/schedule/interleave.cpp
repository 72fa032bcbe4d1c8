// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/interleave.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

using Time = std::uint64_t;

// Entries of one class: the times at which the last `size` of them become free, in order of allocation.
class Entries {
 public:
  explicit Entries(std::size_t size) : free_at_(std::max<std::size_t>(1, size), 0) {}
  Time available() const { return free_at_[next_]; }
  void take(Time until) {
    last_ = std::max(last_, until);
    free_at_[next_] = last_;
    next_ = (next_ + 1) % free_at_.size();
  }

 private:
  std::vector<Time> free_at_;
  std::size_t next_ = 0;
  Time last_ = 0;
};

class Interleaver {
 public:
  Interleaver(Schedule& schedule, const Machine& machine)
      : s_(schedule),
        machine_(machine),
        // The model is not exact: fewer entries than there are keep the host from blocking when it is wrong.
        load_entries_(machine.config.reservation_station.load_entries * 3 / 4),
        compute_entries_(machine.config.reservation_station.execute_entries / 2),
        store_entries_(std::max(1u, machine.config.reservation_station.store_entries - 1)),
        trackers_(std::max(1u, machine.config.dma.loads_in_flight)) {
    load_done_.reserve(s_.loads.size());
    compute_done_.reserve(s_.computes.size());
    store_done_.reserve(s_.stores.size());
  }

  void run() {
    const std::size_t total = s_.loads.size() + s_.computes.size() + s_.stores.size();
    s_.order.clear();
    s_.order.reserve(total);
    while (s_.order.size() < total) {
      const bool load = load_done_.size() < s_.loads.size() && legal(s_.loads[load_done_.size()]);
      const bool compute = compute_done_.size() < s_.computes.size() && legal(s_.computes[compute_done_.size()]);
      const bool store = store_done_.size() < s_.stores.size() && legal(s_.stores[store_done_.size()]);
      const Time load_at = load ? load_entries_.available() : kNever;
      const Time compute_at = compute ? compute_entries_.available() : kNever;
      const Time store_at = store ? store_entries_.available() : kNever;
      now_ = std::max(now_, std::min({load_at, compute_at, store_at}));
      if (load_at <= now_) {
        offer_load();
      } else if (store_at <= now_) {
        offer_store();
      } else {
        offer_compute();
      }
    }
    s_.predicted_cycles = end_;
  }

 private:
  static constexpr Time kNever = ~Time{0};

  bool legal(const LoadOp& op) const {
    return op.after_compute <= compute_done_.size() && op.after_store <= store_done_.size();
  }
  bool legal(const ComputeOp& op) const {
    return op.after_load <= load_done_.size() && op.after_store <= store_done_.size();
  }
  bool legal(const StoreOp& op) const {
    return op.after_load <= load_done_.size() && op.after_compute <= compute_done_.size();
  }
  static Time done(const std::vector<Time>& times, std::uint32_t count) { return count == 0 ? 0 : times[count - 1]; }

  void offer_load() {
    const LoadOp& op = s_.loads[load_done_.size()];
    const arch::ConfigLoad& config = s_.load_configs[op.config];
    if (op.config != last_load_config_) {
      load_entries_.take(now_ + 3);
      ++now_;
      last_load_config_ = op.config;
    }
    Time start = std::max({now_ + 2, load_unit_, done(compute_done_, op.after_compute),
                           done(store_done_, op.after_store), trackers_[tracker_]});
    const Time blocks = static_cast<Time>(machine_.blocks(op.cols));
    load_unit_ = start + op.rows;
    Time end = start + op.rows * blocks + 4;
    if (op.source.buffer != kNoBuffer) {
      const bool wide = (op.local & arch::LocalAddress::kAccumulatorBit) != 0 && !config.shrink;
      const Time fetched = config.dram_stride == 0 ? 1 : op.rows;
      const Time bytes = static_cast<Time>(op.cols) * (wide ? 4 : 1);
      const Time beats = fetched * ((bytes + machine_.derived.bus_bytes - 1) / machine_.derived.bus_bytes);
      bus_ = std::max(bus_, start + machine_.config.memory.latency_cycles + 12) + beats;
      end = bus_ + 10 + (config.dram_stride == 0 ? op.rows : 0);
    }
    trackers_[tracker_] = end;
    tracker_ = (tracker_ + 1) % trackers_.size();
    load_entries_.take(end);
    load_done_.push_back(end);
    advance(Stream::Load, end);
  }

  void offer_compute() {
    const ComputeOp& op = s_.computes[compute_done_.size()];
    const Time start =
        std::max({now_ + 3, compute_unit_, done(load_done_, op.after_load), done(store_done_, op.after_store)});
    // The weights of the next one are shifted in meanwhile.
    const std::size_t next = compute_done_.size() + 1;
    const std::int32_t weights =
        next < s_.computes.size() && s_.computes[next].new_weights ? s_.computes[next].lanes : 0;
    compute_unit_ = start + static_cast<Time>(machine_.pair_cycles(op.rows, weights));
    const Time end = compute_unit_ + machine_.derived.array_latency + 22;
    compute_entries_.take(end);
    compute_done_.push_back(end);
    ++now_;
    advance(Stream::Compute, end);
  }

  void offer_store() {
    const StoreOp& op = s_.stores[store_done_.size()];
    const arch::ConfigStore& config = s_.store_configs[op.config];
    if (op.config != last_store_config_) {
      store_entries_.take(now_ + 3);
      ++now_;
      last_store_config_ = op.config;
    }
    const Time start =
        std::max({now_ + 2, store_unit_, done(load_done_, op.after_load), done(compute_done_, op.after_compute)});
    const Time blocks = static_cast<Time>(machine_.blocks(op.cols));
    Time cycles = static_cast<Time>(machine_.store_cycles(op.rows, static_cast<std::int64_t>(blocks)));
    if (config.pool_stride > 0) {
      cycles = Time{config.pooled_rows} * config.pooled_cols * config.pool_size * config.pool_size * 8 / 5;
    } else if ((op.local & arch::LocalAddress::kFullWidthBit) != 0) {
      cycles = Time{op.rows} * 4;
    }
    store_unit_ = start + cycles + cycles / 2;
    store_entries_.take(store_unit_ + 8);
    store_done_.push_back(store_unit_ + 8);
    advance(Stream::Store, store_unit_ + 8 + machine_.config.memory.latency_cycles);
  }

  void advance(Stream stream, Time end) {
    ++now_;
    end_ = std::max(end_, end);
    s_.order.push_back(stream);
  }

  Schedule& s_;
  const Machine& machine_;
  Entries load_entries_, compute_entries_, store_entries_;
  std::vector<Time> trackers_;
  std::size_t tracker_ = 0;
  std::vector<Time> load_done_, compute_done_, store_done_;
  Time now_ = 0, load_unit_ = 0, compute_unit_ = 0, store_unit_ = 0, bus_ = 0, end_ = 0;
  std::uint32_t last_load_config_ = ~0u, last_store_config_ = ~0u;
};

}  // namespace

void interleave(Schedule& schedule, const Machine& machine) { Interleaver(schedule, machine).run(); }

}  // namespace gemel::compiler
