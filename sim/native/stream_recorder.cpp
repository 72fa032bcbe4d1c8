// SPDX-License-Identifier: Apache-2.0
#include "sim/native/stream_recorder.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "sim/arch/memory_fill.h"

namespace gemel::sim {

using arch::Funct;
using arch::StepKind;

namespace {
constexpr std::uint64_t kBase = 0x80000000;
constexpr std::size_t kDataBytes = 64;     // in one line of the stream
constexpr std::uint64_t kJoinedGap = 256;  // between writes that become one
}  // namespace

StreamRecorder::Page& StreamRecorder::page(std::uint64_t address) {
  std::unique_ptr<Page>& slot = pages_[address / kPage];
  if (slot == nullptr) {
    slot = std::make_unique<Page>();
    slot->first.fill(0);
    slot->now.fill(0);
  }
  return *slot;
}

const std::uint8_t* StreamRecorder::read(const MemoryRows& rows) {
  const std::uint8_t* bytes = memory_.read(rows);
  for (std::uint64_t r = 0; r < rows.rows; ++r) {
    const std::uint64_t start = rows.address + r * rows.stride;
    const std::uint8_t* found = bytes + r * rows.stride;
    reach(start, start + rows.row_bytes);
    for (std::uint64_t i = 0; i < rows.row_bytes; ++i) {
      const std::uint64_t address = start + i;
      Page& where = page(address);
      const std::uint64_t at = address % kPage;
      if (!where.known[at]) {
        where.known[at] = true;
        where.first[at] = where.now[at] = found[i];
      } else if (where.now[at] != found[i]) {
        where.now[at] = found[i];
        const bool goes_on =
            writes_.size() > writes_done_ && writes_.back().address + writes_.back().bytes.size() == address;
        if (!goes_on) writes_.push_back({address, {}});
        writes_.back().bytes.push_back(found[i]);
      }
    }
  }
  return bytes;
}

void StreamRecorder::written(const MemoryRows& rows) {
  memory_.written(rows);
  for (std::uint64_t r = 0; r < rows.rows; ++r) {
    const std::uint64_t start = rows.address + r * rows.stride;
    reach(start, start + rows.row_bytes);
    for (std::uint64_t i = 0; i < rows.row_bytes; ++i) {
      Page& where = page(start + i);
      const std::uint64_t at = (start + i) % kPage;
      where.known[at] = where.stored[at] = true;
      where.now[at] = *reinterpret_cast<const std::uint8_t*>(start + i);
    }
  }
}

void StreamRecorder::reach(std::uint64_t start, std::uint64_t end) {
  for (Span& span : spans_)
    if (start >= span.start && end <= span.end) return;
  const MemoryObject mapping = memory_.mapping_of(start);
  for (Span& span : spans_) {
    if (span.start < mapping.start || span.end > mapping.end) continue;
    span.start = std::min(span.start, start);
    span.end = std::max(span.end, end);
    return;
  }
  spans_.push_back({start, end, 0});
}

// Writes of the command at hand that lie close together become one; what lies between is written as it is.
void StreamRecorder::join_writes() {
  const auto first = writes_.begin() + static_cast<std::ptrdiff_t>(writes_done_);
  std::sort(first, writes_.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
  std::vector<arch::MemorySegment> joined;
  for (auto write = first; write != writes_.end(); ++write) {
    std::uint64_t at = joined.empty() ? 0 : joined.back().address + joined.back().bytes.size();
    bool joins = !joined.empty() && write->address - at <= kJoinedGap;
    for (std::uint64_t i = at; joins && i < write->address; ++i) joins = page(i).known[i % kPage];
    if (!joins) {
      joined.push_back(*write);
      continue;
    }
    for (; at < write->address; ++at) joined.back().bytes.push_back(page(at).now[at % kPage]);
    joined.back().bytes.insert(joined.back().bytes.end(), write->bytes.begin(), write->bytes.end());
  }
  writes_.erase(first, writes_.end());
  writes_.insert(writes_.end(), joined.begin(), joined.end());
}

void StreamRecorder::command(const arch::Command& command, bool answered) {
  join_writes();
  if (writes_.size() > writes_done_) {  // what the command found had been changed by the program
    if (unfenced_) steps_.push_back({StepKind::Fence, 0});
    for (; writes_done_ < writes_.size(); ++writes_done_)
      steps_.push_back({StepKind::Host, static_cast<std::uint32_t>(writes_done_)});
  }
  steps_.push_back({StepKind::Command, static_cast<std::uint32_t>(commands_.size())});
  commands_.push_back(command);
  if (answered) answered_.push_back(steps_.size());
  unfenced_ = true;
  clock_was_read_ = false;
}

void StreamRecorder::fence() {
  steps_.push_back({StepKind::Fence, 0});
  unfenced_ = clock_was_read_ = false;
}

void StreamRecorder::clock_read() {
  if (clock_was_read_) steps_.push_back({StepKind::Idle, 1});
  clock_was_read_ = true;
}

// One behind the other, each with its place inside a page, and a page between.
void StreamRecorder::place_spans() {
  // Pointers of loops may lie outside what the loops touch.
  const auto names = [&](std::uint64_t address) {
    if (address != 0 && memory_.mapping_of(address).end != 0) reach(address, address + 1);
  };
  for (const arch::Command& command : commands_) {
    const auto funct = static_cast<Funct>(command.funct);
    const bool loop = funct == Funct::LoopWsAddressesAB || funct == Funct::LoopWsAddressesDC ||
                      funct == Funct::LoopConvWsConfig5 || funct == Funct::LoopConvWsConfig6;
    if (!loop) continue;
    names(command.rs1);
    names(command.rs2);
  }
  std::sort(spans_.begin(), spans_.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
  std::uint64_t next = kBase;
  for (Span& span : spans_) {
    span.moved_to = next + span.start % kPage;
    next = (span.moved_to + (span.end - span.start) + kPage - 1) / kPage * kPage + kPage;
    if (next - kBase > arch::kMaxStreamBytes)
      throw std::invalid_argument("the program's operands do not fit into the 4 GiB of a command stream");
  }
}

std::uint64_t StreamRecorder::moved(std::uint64_t address) const {
  if (address == 0) return 0;
  for (const Span& span : spans_)
    if (address >= span.start && address < span.end) return span.moved_to + (address - span.start);
  return address;  // nothing that commands have touched: no effect
}

arch::Command StreamRecorder::moved(arch::Command command) const {
  switch (static_cast<Funct>(command.funct)) {
    case Funct::LoopWsAddressesAB:
    case Funct::LoopWsAddressesDC:
    case Funct::LoopConvWsConfig5:
    case Funct::LoopConvWsConfig6:
      command.rs2 = moved(command.rs2);
      [[fallthrough]];
    case Funct::Mvin:
    case Funct::Mvin2:
    case Funct::Mvin3:
    case Funct::Mvout:
      command.rs1 = moved(command.rs1);
      break;
    default:
      break;
  }
  return command;
}

std::string StreamRecorder::text(const std::string& name, arch::IsaVersion version,
                                 const std::vector<std::uint64_t>& answer_waits) {
  place_spans();
  arch::RoccStream stream;
  stream.name = name;
  stream.family = "native";
  stream.isa_version = version;
  stream.base = kBase;
  stream.size = kPage;
  for (const Span& span : spans_) {
    const std::uint64_t bytes = span.end - span.start;
    stream.size = (span.moved_to + bytes - kBase + kPage - 1) / kPage * kPage;
    std::vector<std::uint8_t> end(bytes);
    bool stored = false;
    for (std::uint64_t at = 0; at < bytes; at += kDataBytes) {
      arch::MemorySegment line{span.moved_to + at, {}};
      for (std::uint64_t i = at; i < std::min(bytes, at + kDataBytes); ++i) {
        const auto found = pages_.find((span.start + i) / kPage);
        const std::uint64_t in_page = (span.start + i) % kPage;
        const bool known = found != pages_.end() && found->second->known[in_page];
        line.bytes.push_back(known ? found->second->first[in_page] : 0);
        end[i] = known ? found->second->now[in_page] : 0;
        stored = stored || (known && found->second->stored[in_page]);
      }
      if (std::any_of(line.bytes.begin(), line.bytes.end(), [](std::uint8_t byte) { return byte != 0; }))
        stream.data.push_back(std::move(line));
    }
    if (!stored) continue;
    stream.outputs.push_back({span.moved_to, bytes});
    char digest[16];
    std::snprintf(digest, sizeof digest, "%08x", arch::crc32_of(end.data(), bytes));
    stream.notes.push_back("output " + std::to_string(stream.outputs.size() - 1) + " has crc32 " + digest +
                           " at the end");
  }
  for (const arch::Command& command : commands_) stream.commands.push_back(moved(command));
  for (const arch::MemorySegment& write : writes_) stream.writes.push_back({moved(write.address), write.bytes});
  std::size_t next = 0;
  for (std::size_t i = 0; i <= steps_.size(); ++i) {
    if (next < answered_.size() && answered_[next] == i) {
      if (next < answer_waits.size() && answer_waits[next] > 0)
        stream.steps.push_back({StepKind::Idle, static_cast<std::uint32_t>(answer_waits[next])});
      ++next;
    }
    if (i < steps_.size()) stream.steps.push_back(steps_[i]);
  }
  return arch::write_rocc(stream);
}

}  // namespace gemel::sim
