// SPDX-License-Identifier: Apache-2.0
#include "sim/native/process_memory.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "sim/arch/text_scanner.h"

namespace gemel::sim {

namespace {

// The object that holds `address`, or nullptr. Sorted by start.
const MemoryObject* find(const std::vector<MemoryObject>& objects, std::uint64_t address) {
  auto after = std::upper_bound(objects.begin(), objects.end(), address,
                                [](std::uint64_t at, const MemoryObject& object) { return at < object.start; });
  if (after == objects.begin()) return nullptr;
  const MemoryObject& object = *std::prev(after);
  return address < object.end ? &object : nullptr;
}

std::uint64_t load_base() {
  std::uint64_t base = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uint64_t*>(out) = info->dlpi_addr;
        return 1;  // the executable comes first
      },
      &base);
  return base;
}

}  // namespace

std::vector<MemoryObject> executable_objects() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string image((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<MemoryObject> objects;
  const auto at = [&](std::uint64_t offset, std::uint64_t bytes) {
    return offset <= image.size() && bytes <= image.size() - offset ? image.data() + offset : nullptr;
  };
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(at(0, sizeof(Elf64_Ehdr)));
  if (header == nullptr || header->e_ident[EI_CLASS] != ELFCLASS64) return objects;
  const auto* sections =
      reinterpret_cast<const Elf64_Shdr*>(at(header->e_shoff, std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr)));
  if (sections == nullptr) return objects;
  const std::uint64_t base = header->e_type == ET_DYN ? load_base() : 0;
  for (unsigned s = 0; s < header->e_shnum; ++s) {
    if (sections[s].sh_type != SHT_SYMTAB || sections[s].sh_link >= header->e_shnum) continue;
    const auto* symbols = reinterpret_cast<const Elf64_Sym*>(at(sections[s].sh_offset, sections[s].sh_size));
    const Elf64_Shdr& names = sections[sections[s].sh_link];
    const char* text = at(names.sh_offset, names.sh_size);
    if (symbols == nullptr || text == nullptr) continue;
    for (std::uint64_t i = 0; i < sections[s].sh_size / sizeof(Elf64_Sym); ++i) {
      const Elf64_Sym& symbol = symbols[i];
      if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_size == 0 || symbol.st_name >= names.sh_size)
        continue;
      objects.push_back({base + symbol.st_value, base + symbol.st_value + symbol.st_size, text + symbol.st_name});
    }
  }
  std::sort(objects.begin(), objects.end(),
            [](const MemoryObject& a, const MemoryObject& b) { return a.start < b.start; });
  return objects;
}

std::vector<MemoryObject> process_mappings() {
  std::ifstream file("/proc/self/maps");
  std::vector<MemoryObject> mappings;
  std::string line;
  while (std::getline(file, line)) {
    std::uint64_t start = 0, end = 0;
    char rights[5] = "";
    int name_at = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %n", &start, &end, rights, &name_at) < 3 ||
        rights[0] != 'r')
      continue;
    const bool joins = !mappings.empty() && mappings.back().end == start;
    if (joins)
      mappings.back().end = end;
    else
      mappings.push_back({start, end, name_at > 0 ? line.substr(static_cast<std::size_t>(name_at)) : ""});
  }
  return mappings;
}

ProcessMemory::ProcessMemory(Report report)
    : report_(std::move(report)), objects_(executable_objects()), mappings_(process_mappings()) {
  if (objects_.empty()) return;
  data_start_ = objects_.front().start;
  for (const MemoryObject& object : objects_) data_end_ = std::max(data_end_, object.end);
}

const std::uint8_t* ProcessMemory::read(const MemoryRows& rows) {
  check(rows, false);
  return reinterpret_cast<const std::uint8_t*>(rows.address);
}

std::uint8_t* ProcessMemory::write(const MemoryRows& rows) {
  check(rows, true);
  return reinterpret_cast<std::uint8_t*>(rows.address);
}

MemoryObject ProcessMemory::mapping_of(std::uint64_t address) {
  const MemoryObject* mapping = find(mappings_, address);
  if (mapping == nullptr) {
    mappings_ = process_mappings();
    mapping = find(mappings_, address);
  }
  return mapping != nullptr ? *mapping : MemoryObject{};
}

void ProcessMemory::check(const MemoryRows& rows, bool writes) {
  if (rows.rows == 0 || rows.row_bytes == 0) return;
  const std::uint64_t end = rows.address + rows.extent();
  for (const Range& range : recent_)
    if (rows.address >= range.start && end <= range.end && end > rows.address) return;
  const bool plain = rows.rows == 1 || rows.stride < (std::uint64_t{1} << 40) / rows.rows;
  if (plain && end > rows.address) return check_slowly(rows.address, end, writes);
  for (std::uint64_t r = 0; r < rows.rows; ++r) {  // strides that wrap
    const std::uint64_t start = rows.address + r * rows.stride;
    check_slowly(start, start + rows.row_bytes, writes);
  }
}

void ProcessMemory::check_slowly(std::uint64_t start, std::uint64_t end, bool writes) {
  const MemoryObject* object = find(objects_, start);
  if (object != nullptr && end <= object->end) {
    recent_[oldest_++ % kRecent] = {object->start, object->end};
    return;
  }
  const MemoryObject* mapping = find(mappings_, start);
  if (mapping == nullptr || end > mapping->end) {
    mappings_ = process_mappings();  // the program may have got more memory meanwhile
    mapping = find(mappings_, start);
  }
  if (mapping == nullptr || end > mapping->end)
    throw std::invalid_argument(std::string(writes ? "writes" : "reads") + " [" + arch::hex_text(start) + ", " +
                                arch::hex_text(end) + "), where the program has no memory");
  const bool among_variables = start >= data_start_ && start < data_end_;
  if (object != nullptr || among_variables) return report_stray(start, end, writes, object);
  recent_[oldest_++ % kRecent] = {
      mapping->start > data_end_ || mapping->end <= data_start_ ? mapping->start : std::max(mapping->start, data_end_),
      mapping->end};
}

void ProcessMemory::report_stray(std::uint64_t start, std::uint64_t end, bool writes, const MemoryObject* object) {
  ++strays_;
  const std::string verb = writes ? "writes" : "reads";
  const std::string name = object != nullptr ? object->name : "";
  if (!reported_.insert(verb + " " + name).second) return;
  const std::string range = verb + " [" + arch::hex_text(start) + ", " + arch::hex_text(end) + ")";
  if (object == nullptr)
    report_(range + ", between the program's variables");
  else
    report_(range + ", " + std::to_string(end - object->end) + " bytes beyond '" + name + "'");
}

}  // namespace gemel::sim
