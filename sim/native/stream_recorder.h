// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records what a native program gives to the accelerator as a command stream that can be replayed: the commands, with
// addresses moved into one region, and the memory that they find. Memory that the program changes between commands
// becomes a step of the stream, behind a fence.
#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/arch/rocc_stream.h"
#include "sim/native/process_memory.h"

namespace gemel::sim {

class StreamRecorder final : public ExecutorMemory {
 public:
  explicit StreamRecorder(ProcessMemory& memory) : memory_(memory) {}

  // What commands read and write while they act.
  const std::uint8_t* read(const MemoryRows& rows) override;
  std::uint8_t* write(const MemoryRows& rows) override { return memory_.write(rows); }
  void written(const MemoryRows& rows) override;

  // What the program issues, in order; a command after it has acted.
  void command(const arch::Command& command, bool answered);
  void fence();
  void clock_read();

  // The stream. `answer_waits`: how long the host waited for the answer of each command that has one. Throws
  // std::invalid_argument where the addresses do not fit into one region.
  std::string text(const std::string& name, arch::IsaVersion version, const std::vector<std::uint64_t>& answer_waits);

 private:
  static constexpr std::uint64_t kPage = 4096;
  struct Page {
    std::array<std::uint8_t, kPage> first, now;  // before the first command, and as the replay has it at this point
    std::bitset<kPage> known, stored;
  };
  // Part of one mapping of the process that commands name, and where the stream has it.
  struct Span {
    std::uint64_t start = 0, end = 0, moved_to = 0;
  };
  Page& page(std::uint64_t address);
  void join_writes();
  void reach(std::uint64_t start, std::uint64_t end);
  void place_spans();
  std::uint64_t moved(std::uint64_t address) const;
  arch::Command moved(arch::Command command) const;

  ProcessMemory& memory_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::vector<Span> spans_;
  std::vector<arch::Command> commands_;
  std::vector<arch::Step> steps_;
  std::vector<arch::MemorySegment> writes_;  // of the command that is acting, then of all
  std::size_t writes_done_ = 0;
  std::vector<std::size_t> answered_;  // indices in steps_, behind the command
  bool unfenced_ = false;
  bool clock_was_read_ = false;
};

}  // namespace gemel::sim
