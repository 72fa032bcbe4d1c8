// SPDX-License-Identifier: Apache-2.0
#pragma once
// The program's own memory, as the accelerator's DMA reaches it: every access is checked against what the process has,
// and one that leaves the object it starts in is reported.
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/native/functional_executor.h"

namespace gemel::sim {

// An object: a variable of the executable, or a mapping that is known as a whole (heap, stack, ...).
struct MemoryObject {
  std::uint64_t start = 0, end = 0;
  std::string name;
};

// Variables of the executable by its symbol table, sorted; empty where it is stripped.
std::vector<MemoryObject> executable_objects();
// Readable and writable mappings of this process, sorted. Names are those of the kernel.
std::vector<MemoryObject> process_mappings();

class ProcessMemory final : public ExecutorMemory {
 public:
  using Report = std::function<void(const std::string& what)>;  // called once for each object and kind of access

  explicit ProcessMemory(Report report);

  const std::uint8_t* read(const MemoryRows& rows) override;
  std::uint8_t* write(const MemoryRows& rows) override;
  void written(const MemoryRows&) override {}

  // The mapping that holds `address`, as far as the program's variables or all else reach; empty where there is none.
  MemoryObject mapping_of(std::uint64_t address);

  std::uint64_t strays() const { return strays_; }  // accesses that left their object

 private:
  void check(const MemoryRows& rows, bool writes);
  void check_slowly(std::uint64_t start, std::uint64_t end, bool writes);
  void report_stray(std::uint64_t start, std::uint64_t end, bool writes, const MemoryObject* object);

  Report report_;
  std::vector<MemoryObject> objects_, mappings_;
  std::uint64_t data_start_ = 0, data_end_ = 0;  // from the first variable to behind the last
  static constexpr unsigned kRecent = 4;
  struct Range {
    std::uint64_t start = 0, end = 0;
  };
  Range recent_[kRecent];  // objects of the last accesses
  unsigned oldest_ = 0;
  std::uint64_t strays_ = 0;
  std::set<std::string> reported_;
};

}  // namespace gemel::sim
