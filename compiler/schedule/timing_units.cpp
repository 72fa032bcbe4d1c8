// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/timing_units.h"

#include <algorithm>

namespace gemel::compiler {

using arch::Command;
using arch::Funct;

TimingPorts::Request TimingPorts::request(std::uint64_t address, std::int64_t left) const {
  Request best;
  for (std::int64_t size = machine.derived.bus_bytes; size <= std::int64_t{machine.config.dma.max_request_bytes};
       size *= 2) {
    const auto offset = static_cast<std::int64_t>(address % static_cast<std::uint64_t>(size));
    const std::int64_t useful = std::min(size - offset, left);
    if (useful > best.useful) best = {size, useful};
  }
  return best;
}

// ---- Loads: sections 4 to 8 ------------------------------------------------------------------------------------

void TimingLoad::add(const Command& command, std::size_t number, Time issued) {
  queue_.push_back({command, number, issued + 1});
  if (!active_) begin();
}

void TimingLoad::begin() {
  const std::int64_t dim = p_.machine.dim();
  while (!queue_.empty() && !active_) {
    const Waiting next = queue_.front();
    queue_.pop_front();
    if (static_cast<Funct>(next.command.funct) == Funct::Config) {
      const arch::ConfigLoad config = arch::decode_config_load(next.command.rs1, next.command.rs2);
      state_[config.state] = config;
      unit_ = std::max(unit_, next.seen) + 1;
      continue;
    }
    mvin_ = arch::decode_mvin(next.command);
    config_ = state_[mvin_.state];
    number_ = next.number;
    wide_ = mvin_.local.address.is_accumulator() && !config_.shrink;
    zeros_ = mvin_.dram_address == 0;
    fetched_ = !zeros_ && config_.dram_stride == 0 ? 1 : mvin_.local.rows;
    repeats_ = mvin_.local.rows / fetched_;
    row_bytes_ = std::int64_t{mvin_.local.cols} * (wide_ ? 4 : 1);
    piece_bytes_ = dim * (wide_ ? 4 : 1);
    row_ = at_ = 0;
    start_ = taken_ = std::max({next.seen, unit_, trackers_.available()});
    active_ = true;
  }
}

Time TimingLoad::next_request() const {
  if (!active_) return kNever;
  return zeros_ ? std::max(taken_ + 2, zero_piece_ + 1) : std::max({taken_ + 2, request_ + 1, p_.reads.available()});
}

bool TimingLoad::request(std::size_t& number, Time& done) {
  if (zeros_) {
    zero_row();
  } else {
    transaction();
  }
  if (row_ < fetched_) return false;
  number = number_;
  done = (zeros_ ? zero_written_ : written_) + 1;
  unit_ = std::max(taken_ + 1, start_ + 2);
  trackers_.take(done + 1);
  p_.last = std::max(p_.last, done);
  active_ = false;
  begin();
  return true;
}

// The row before leaves the input register when its first transaction goes.
void TimingLoad::next_row() {
  at_ = 0;
  if (++row_ < fetched_) taken_ = std::max(taken_ + 1, zeros_ ? zero_piece_ - 1 : request_ - 1);
}

void TimingLoad::zero_row() {
  const std::int64_t dim = p_.machine.dim();
  for (std::int64_t block = 0; block < (mvin_.local.cols + dim - 1) / dim; ++block) {
    zero_piece_ = port_.take_first_free(std::max(zero_piece_ + 1, taken_ + 2));
    zero_written_ = zero_piece_;
    write(row_, block, zero_written_);
  }
  next_row();
}

void TimingLoad::transaction() {
  const std::int64_t bus = p_.machine.derived.bus_bytes;
  const std::uint64_t address =
      mvin_.dram_address + static_cast<std::uint64_t>(row_) * config_.dram_stride + static_cast<std::uint64_t>(at_);
  const TimingPorts::Request request = p_.request(address, row_bytes_ - at_);
  request_ = p_.requests.take_first_free(next_request());
  const auto offset = static_cast<std::int64_t>(address % static_cast<std::uint64_t>(request.bytes));
  const std::int64_t first = at_, end = at_ + request.useful;
  Time beat = std::max(request_ + 4 + static_cast<Time>(p_.machine.config.memory.latency_cycles) - 1, piece_ - 3);
  for (std::int64_t b = 0; b < request.bytes / bus; ++b) {
    beat = p_.responses.take_first_free(beat + 1);
    ++p_.answers;
    // Pieces that are complete with this beat.
    const std::int64_t there = std::min(first - offset + (b + 1) * bus, end);
    for (std::int64_t piece_end; at_ < there; at_ = piece_end) {
      piece_end = std::min((at_ / piece_bytes_ + 1) * piece_bytes_, end);
      if (piece_end > there) break;
      piece_ = std::max(piece_ + 1, beat + 3);
      for (std::int64_t r = 0; r < repeats_; ++r) {
        written_ = port_.take_first_free(std::max(written_ + 1, piece_ + (wide_ ? 1 : 3)));
        write(repeats_ > 1 ? repeats_ - 1 - r : row_, at_ / piece_bytes_, written_);
      }
    }
  }
  p_.reads.take(beat + 3);
  if (at_ == row_bytes_) next_row();
}

void TimingLoad::write(std::int64_t row, std::int64_t block, Time at) {
  if (mvin_.local.address.is_accumulator()) return;
  const auto offset = static_cast<std::uint32_t>(block * config_.block_stride + row);
  p_.scratchpad[mvin_.local.address.plus(offset, p_.machine.derived).bank(p_.machine.derived)].take(at);
}

// ---- Products: sections 10 and 11 --------------------------------------------------------------------------------

bool TimingExecute::real(std::uint64_t block) const {
  return !arch::decode_local_block(block).address.is_garbage(p_.machine.derived);
}

void TimingExecute::push(const Command& command, std::size_t number, Time visible) {
  queue_.push_back({command, number, visible});
}

void TimingExecute::add(const Command& command, std::size_t number, Time issued) {
  const auto funct = static_cast<Funct>(command.funct);
  if (funct == Funct::Config) b_transpose_ = arch::decode_config_execute(command.rs1, command.rs2).b_transpose;
  if (!b_transpose_ || funct != Funct::ComputePreloaded || queue_.empty() ||
      static_cast<Funct>(queue_.back().command.funct) != Funct::Preload) {
    push(command, number, issued + 2);
    return;
  }
  // A transposed B rides ahead: preload it, an empty compute, then the results' preload and the compute.
  const Waiting preload = queue_.back();
  queue_.pop_back();
  const std::uint64_t nothing = arch::encode_local_block({arch::LocalAddress::garbage(), 0, 0});
  Command first = preload.command, second = preload.command, empty = command;
  first.rs2 = nothing;
  second.rs1 = nothing;
  empty.funct = static_cast<std::uint8_t>(Funct::ComputeAccumulated);
  empty.rs1 = empty.rs2 = nothing;
  push(first, kNone, issued + 2);
  push(empty, kNone, issued + 2);
  push(second, preload.number, issued + 2);
  push(command, number, issued + 2);
}

Time TimingExecute::next_decision() const {
  if (queue_.empty()) return kNever;
  Time at = std::max(unit_, queue_.front().visible);
  const auto funct = static_cast<Funct>(queue_.front().command.funct);
  if (funct == Funct::Preload) {
    if (queue_.size() < 2) return kNever;
    at = std::max(at, queue_[1].visible);
  }
  const Time tags = outputs_[requests_ % outputs_.size()];
  if (funct == Funct::Config) return std::max(at, outputs_[(requests_ + outputs_.size() - 1) % outputs_.size()]);
  return std::max(at, tags - static_cast<Time>(p_.machine.config.scratchpad.read_delay_cycles));
}

// Rows one a cycle; where the ports of A and of the weights meet in a bank, or a load writes there, one waits.
Time TimingExecute::feed(const Waiting* compute, const Waiting* preload, Time start, Time& first) {
  const arch::DerivedConfig& d = p_.machine.derived;
  const arch::LocalBlock a =
      compute ? arch::decode_local_block(compute->command.rs1) : arch::LocalBlock{arch::LocalAddress::garbage(), 0, 0};
  const arch::LocalBlock bd =
      preload ? arch::decode_local_block(preload->command.rs1) : arch::LocalBlock{arch::LocalAddress::garbage(), 0, 0};
  const bool has_a = !a.address.is_garbage(d), has_bd = !bd.address.is_garbage(d);
  const std::int64_t a_rows = has_a ? a.rows : 0, bd_rows = has_bd ? (b_transpose_ ? bd.cols : bd.rows) : 0;
  const std::int64_t rows = has_bd ? p_.machine.dim() : std::max<std::int64_t>(4, a_rows);
  const bool meet = has_a && has_bd && a.address.bank(d) == bd.address.bank(d);
  const bool one_port = p_.machine.config.scratchpad.ports == 1;
  const Calendar* a_writes = has_a && one_port ? &p_.scratchpad[a.address.bank(d)] : nullptr;
  const Calendar* bd_writes = has_bd && one_port ? &p_.scratchpad[bd.address.bank(d)] : nullptr;
  const bool accumulates = result_number_ != kNone && !result_.address.is_garbage(d) && compute &&
                           (result_.address.accumulates() || p_.machine.config.accumulator.ports == 1);
  const Time to_output = 2 + static_cast<Time>(p_.machine.config.scratchpad.read_delay_cycles) + d.array_latency;
  const std::uint32_t result_bank = accumulates && result_.address.is_accumulator() ? result_.address.bank(d) : 0;
  Time at = start;
  for (std::int64_t row = 0; row < rows; ++row) {
    Time a_at = at, bd_at = at;
    if (a_writes && row < a_rows) a_at = a_writes->first_free(at);
    if (meet) bd_at = a_at + 1;
    if (bd_writes && p_.machine.dim() - 1 - row < bd_rows) bd_at = bd_writes->first_free(bd_at);
    const Time fed = std::max(a_at, bd_at);
    if (row == 0) first = fed;
    if (accumulates && row < result_.rows && result_.address.is_accumulator())
      p_.accumulating[result_bank].take(fed + to_output);
    at = fed + 1;
  }
  busy_ += at - start;
  return at;
}

void TimingExecute::decide(std::vector<Done>& done) {
  const Time start = next_decision();
  const auto take = [&] {
    const Waiting waiting = queue_.front();
    queue_.pop_front();
    if (waiting.number != kNone) ++taken_;
    return waiting;
  };
  const auto is_preload = [&](std::size_t i) { return static_cast<Funct>(queue_[i].command.funct) == Funct::Preload; };
  if (static_cast<Funct>(queue_.front().command.funct) == Funct::Config) {
    unit_ = start + 1;
    done.push_back({take().number, start});
    return;
  }
  const bool compute = !is_preload(0);
  // The command behind the preload has to be there too: it may ask for an operand ahead.
  const bool preload =
      !compute || (queue_.size() > 2 && is_preload(1) && queue_[2].visible <= start && queue_[1].visible <= start);
  Waiting c{}, p{};
  if (compute) c = take();
  if (preload) p = take();
  Time first = start;
  unit_ = feed(compute ? &c : nullptr, preload ? &p : nullptr, start, first);
  const Time output = unit_ - 1 + 2 + static_cast<Time>(p_.machine.config.scratchpad.read_delay_cycles) +
                      p_.machine.derived.array_latency;
  outputs_[requests_++ % outputs_.size()] = output;
  if (compute) {
    if (c.number != kNone) done.push_back({c.number, unit_});
    if (result_number_ != kNone) {
      done.push_back({result_number_, output});
      result_number_ = kNone;
    }
    p_.last = std::max(p_.last, output);
  }
  if (preload) {
    if (real(p.command.rs2)) {
      result_number_ = p.number;
      result_ = arch::decode_local_block(p.command.rs2);
    } else if (p.number != kNone) {
      done.push_back({p.number, unit_});
    }
  }
}

// ---- Stores: sections 12 and 13 ----------------------------------------------------------------------------------

void TimingStore::configure(const Command& command, Time issued) {
  config_ = arch::decode_config_store(command.rs1, command.rs2);
  unit_ = std::max(unit_, issued + 1) + 1;
}

void TimingStore::add(const Command& command, std::size_t number, Time issued) {
  queue_.push_back({command, number, issued + 1, config_});
  if (!active_) begin();
}

void TimingStore::begin() {
  const Waiting& next = queue_.front();
  mvout_ = arch::decode_mvout(next.command.rs1, next.command.rs2);
  const arch::ConfigStore& config = next.config;
  rows_ = pools() ? std::int64_t{config.pooled_rows} * config.pooled_cols : mvout_.local.rows;
  blocks_ = pools() ? std::int64_t{config.pool_size} * config.pool_size
                    : (mvout_.local.cols + p_.machine.dim() - 1) / p_.machine.dim();
  row_ = block_ = 0;
  active_ = true;
  handed_ = std::max({next.seen, unit_, trackers_.available()}) - 1;
}

// Into the dispatch queue, which holds two, and out of it when the bank grants.
Time TimingStore::next_read() const {
  if (!active_) return kNever;
  const Time handed = std::max(handed_ + 1, read_before_ + 1);
  return std::max({handed + 1, read_ + 1, norm_});
}

std::optional<std::uint32_t> TimingStore::next_row() const {
  if (!pools()) return static_cast<std::uint32_t>(block_ * p_.machine.dim() + row_);
  const arch::ConfigStore& config = queue_.front().config;
  const std::int64_t y = row_ / config.pooled_cols * config.pool_stride - config.upper_pad + block_ / config.pool_size;
  const std::int64_t x = row_ % config.pooled_cols * config.pool_stride - config.left_pad + block_ % config.pool_size;
  if (y < 0 || x < 0 || y >= config.out_rows || x >= config.out_cols) return std::nullopt;
  return static_cast<std::uint32_t>(y * config.out_cols + x);
}

// An element out of the accumulator: when it is read; and when the writer would have it, in scale_.
Time TimingStore::read_row(std::uint32_t row, Time handed, Time window_free) {
  const Machine& m = p_.machine;
  const Calendar& bank = p_.accumulating[mvout_.local.address.plus(row, m.derived).bank(m.derived)];
  const Time at = bank.first_free(std::max({handed + 1, read_ + 1, norm_}));
  const Time norm = std::max({at + 1, norm_ + 1, scale_ + 1});
  const std::uint32_t units = m.config.accumulator_scale.units;
  const Time per_row = units == 0 ? 1 : (m.dim() + static_cast<Time>(units) - 1) / static_cast<Time>(units);
  // An element stands in the norm stage until the one before has left it.
  norm_ = norm;
  scale_ = std::max({norm + 1, scale_ + per_row, window_free});
  return at;
}

bool TimingStore::read(std::size_t& number, Time& done) {
  const Machine& m = p_.machine;
  const std::size_t window = m.config.scratchpad.read_delay_cycles + 1;
  if (accepts_.empty()) accepts_.assign(window, 0);
  handed_ = std::max(handed_ + 1, read_before_ + 1);
  const Time window_free = accepts_[elements_ % window];
  Time at = 0, ready = 0;
  if (const std::optional<std::uint32_t> row = next_row()) {
    at = read_row(*row, handed_, window_free);
    ready = scale_ + static_cast<Time>(m.config.accumulator_scale.latency_cycles);
  } else {
    at = std::max({handed_ + 1, read_ + 1, window_free});
    ready = at + 3;
  }
  read_before_ = read_;
  read_ = at;
  const Time accepted = std::max({ready, accepted_ + 1, writer_});
  accepted_ = accepted;
  accepts_[elements_ % window] = accepted;
  ++elements_;
  if (++block_ == blocks_) {
    write_row(accepted);
    block_ = 0;
    ++row_;
  } else {
    writer_ = accepted + 1;
  }
  if (row_ < rows_) return false;
  number = queue_.front().number;
  done = at + 1;
  p_.last = std::max(p_.last, done);
  trackers_.take(done + 1);
  unit_ = handed_ + 1;
  queue_.pop_front();
  ++taken_;
  left_ = unit_;
  active_ = false;
  if (!queue_.empty()) begin();
  return true;
}

// The row's beats, behind the element that ends it.
void TimingStore::write_row(Time accepted) {
  const Machine& m = p_.machine;
  const std::int64_t bus = m.derived.bus_bytes, element = mvout_.local.address.is_full_width() ? 4 : 1;
  const arch::ConfigStore& config = queue_.front().config;
  const std::int64_t row = pools() ? row_ / config.pooled_cols * config.pool_out_dim + row_ % config.pooled_cols : row_;
  const std::uint64_t address = mvout_.dram_address + static_cast<std::uint64_t>(row) * config.dram_stride;
  Time beat = accepted;
  for (std::int64_t at = 0; at < mvout_.local.cols * element;) {
    const TimingPorts::Request request =
        p_.request(address + static_cast<std::uint64_t>(at), mvout_.local.cols * element - at);
    Time from = std::max(beat + 1, p_.writes.available());
    for (std::int64_t b = 0; b < request.bytes / bus; ++b) {
      beat = p_.requests.take_first_free(from);
      from = beat + 1;
    }
    const Time acknowledged =
        p_.responses.take_first_free(beat + 4 + static_cast<Time>(m.config.memory.latency_cycles)) + 2;
    ++p_.answers;
    p_.writes.take(acknowledged + 1);
    p_.last = std::max(p_.last, acknowledged + 1);
    at += request.useful;
  }
  writer_ = beat;
}

}  // namespace gemel::compiler
