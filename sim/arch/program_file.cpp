// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/program_file.h"

#include <cstring>
#include <type_traits>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/arch/memory_fill.h"

namespace gemel::arch {

namespace {

constexpr std::string_view kMagic("GEMEL\r\n\x1A", 8);
constexpr std::size_t kHeaderBytes = 24;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "program files are written as the machine holds numbers, which must be little-endian"
#endif

// Both directions share one description of the body (transfer() below): `Writer` appends, `Reader` takes.
class Writer {
 public:
  static constexpr bool kReads = false;
  std::string out;

  template <typename T>
  void raw(T* values, std::size_t count) {
    out.append(reinterpret_cast<const char*>(values), count * sizeof(T));
  }
  template <typename T>
  void number(T& value) {
    auto word = static_cast<std::uint64_t>(value);
    raw(&word, 1);
  }
  std::uint64_t length(std::uint64_t have, std::size_t) {
    number(have);
    return have;
  }
  void text(std::string& value) {
    length(value.size(), 1);
    out += value;
  }
};

class Reader {
 public:
  static constexpr bool kReads = true;
  Reader(std::string_view body, const std::string& file) : left_(body), file_(file) {}

  [[noreturn]] void damaged() const {
    throw InputError(file_ + ": damaged program file; write it again with the compiler or `gemel asm`");
  }
  template <typename T>
  void raw(T* values, std::size_t count) {
    if (count > left_.size() / sizeof(T)) damaged();
    if (count > 0) std::memcpy(values, left_.data(), count * sizeof(T));
    left_.remove_prefix(count * sizeof(T));
  }
  template <typename T>
  void number(T& value) {
    std::uint64_t word = 0;
    raw(&word, 1);
    if constexpr (std::is_enum_v<T>) {
      if (word > 255) damaged();
    } else if (static_cast<std::uint64_t>(static_cast<T>(word)) != word) {
      damaged();
    }
    value = static_cast<T>(word);
  }
  // Length of a list whose elements take at least `least_bytes` each.
  std::uint64_t length(std::uint64_t, std::size_t least_bytes) {
    std::uint64_t count = 0;
    number(count);
    if (count > left_.size() / least_bytes) damaged();
    return count;
  }
  void text(std::string& value) {
    value.resize(length(0, 1));
    raw(value.data(), value.size());
  }
  bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
  const std::string& file_;
};

template <typename Archive, typename T, typename Function>
void list(Archive& a, std::vector<T>& values, std::size_t least_bytes, Function element) {
  const std::uint64_t count = a.length(values.size(), least_bytes);
  if constexpr (Archive::kReads) values.resize(count);
  for (T& value : values) element(value);
}

template <typename Archive, typename T>
void plain_list(Archive& a, std::vector<T>& values) {
  const std::uint64_t count = a.length(values.size(), sizeof(T));
  if constexpr (Archive::kReads) values.resize(count);
  a.raw(values.data(), count);
}

template <typename Archive, typename E>
void enumeration(Archive& a, E& value, E last) {
  a.number(value);
  if constexpr (Archive::kReads) {
    if (value > last) a.damaged();
  }
}

template <typename Archive>
void transfer(Archive& a, HostTensor& t) {
  a.number(t.address);
  a.number(t.element_bytes);
  plain_list(a, t.shape);
  plain_list(a, t.strides);
}

template <typename Archive>
void transfer(Archive& a, HostOp& op) {
  enumeration(a, op.kind, kLastHostOpKind);
  list(a, op.inputs, 32, [&](HostTensor& t) { transfer(a, t); });
  transfer(a, op.output);
  plain_list(a, op.params);
  plain_list(a, op.scales);
}

template <typename Archive>
void transfer_commands(Archive& a, std::vector<Command>& commands) {
  const std::uint64_t count = a.length(commands.size(), 17);
  if constexpr (Archive::kReads) commands.resize(count);
  std::vector<std::uint8_t> functs(count);
  std::vector<std::uint64_t> words(2 * count);
  if constexpr (!Archive::kReads) {
    for (std::size_t i = 0; i < count; ++i) {
      functs[i] = commands[i].funct;
      words[i] = commands[i].rs1;
      words[count + i] = commands[i].rs2;
    }
  }
  a.raw(functs.data(), functs.size());
  a.raw(words.data(), words.size());
  if constexpr (Archive::kReads) {
    for (std::size_t i = 0; i < count; ++i) commands[i] = {functs[i], words[i], words[count + i]};
  }
}

// `count` steps of one kind with indices first, first + 1, ... (Command) or first alone.
struct StepRun {
  StepKind kind = StepKind::Command;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

std::vector<StepRun> make_runs(const std::vector<Step>& steps) {
  std::vector<StepRun> runs;
  for (const Step& step : steps) {
    const bool continues = !runs.empty() && step.kind == StepKind::Command && runs.back().kind == step.kind &&
                           std::uint64_t{runs.back().first} + runs.back().count == step.index;
    if (continues) {
      ++runs.back().count;
    } else {
      runs.push_back({step.kind, step.index, 1});
    }
  }
  return runs;
}

void check_index(const Reader& a, const Program& program, const StepRun& run) {
  const std::uint64_t end = std::uint64_t{run.first} + run.count;
  if (run.count == 0 || (run.kind == StepKind::Command && end > program.commands.size()) ||
      (run.kind == StepKind::Host && run.first >= program.host_ops.size()) ||
      (run.kind == StepKind::Layer && run.first >= program.layers.size()) ||
      (run.kind != StepKind::Command && run.count != 1)) {
    a.damaged();
  }
}

template <typename Archive>
void transfer(Archive& a, Program& p) {
  a.text(p.name);
  a.text(p.config_name);
  enumeration(a, p.isa_version, IsaVersion::Gemmini2025);
  a.number(p.base);
  a.number(p.size);
  a.number(p.macs);
  list(a, p.memory, 16, [&](MemorySegment& s) {
    a.number(s.address);
    plain_list(a, s.bytes);
  });
  list(a, p.outputs, 16, [&](OutputRange& o) {
    a.number(o.address);
    a.number(o.bytes);
  });
  list(a, p.tensors, 40, [&](TensorPlace& t) {
    a.text(t.name);
    a.number(t.address);
    enumeration(a, t.type, ElementType::Float32);
    plain_list(a, t.shape);
    enumeration(a, t.role, TensorPlace::Role::Intermediate);
  });
  list(a, p.layers, 48, [&](Layer& l) {
    a.text(l.name);
    a.text(l.op);
    enumeration(a, l.placement, Placement::Host);
    a.number(l.macs);
    a.text(l.output);
    a.number(l.min_dram_bytes);
  });
  transfer_commands(a, p.commands);
  list(a, p.host_ops, 56, [&](HostOp& op) { transfer(a, op); });
  std::vector<StepRun> runs;
  if constexpr (!Archive::kReads) runs = make_runs(p.steps);
  list(a, runs, 24, [&](StepRun& run) {
    enumeration(a, run.kind, StepKind::Layer);
    a.number(run.first);
    a.number(run.count);
    if constexpr (Archive::kReads) {
      check_index(a, p, run);
      for (std::uint32_t i = 0; i < run.count; ++i) p.steps.push_back({run.kind, run.first + i});
    }
  });
}

}  // namespace

std::string serialise_program(const Program& program) {
  std::size_t expected = kHeaderBytes + program.commands.size() * 17 + 4096;
  for (const MemorySegment& s : program.memory) expected += s.bytes.size() + 16;
  Writer writer;
  writer.out.reserve(expected);
  writer.out.append(kHeaderBytes, '\0');
  transfer(writer, const_cast<Program&>(program));  // a Writer only reads
  std::string& out = writer.out;
  const std::uint64_t length = out.size() - kHeaderBytes;
  const std::uint32_t crc = crc32_of(reinterpret_cast<const std::uint8_t*>(out.data()) + kHeaderBytes, length);
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  std::memcpy(out.data() + 8, &kProgramFormatVersion, 4);
  std::memcpy(out.data() + 12, &crc, 4);
  std::memcpy(out.data() + 16, &length, 8);
  return std::move(out);
}

Program parse_program(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic) {
    throw InputError(file + ": not a program file; expected one written by the compiler or `gemel asm`");
  }
  std::uint32_t version = 0;
  std::uint32_t crc = 0;
  std::uint64_t length = 0;
  std::memcpy(&version, bytes.data() + 8, 4);
  std::memcpy(&crc, bytes.data() + 12, 4);
  std::memcpy(&length, bytes.data() + 16, 8);
  if (version != kProgramFormatVersion) {
    throw InputError(file + ": program format " + std::to_string(version) + "; this build reads format " +
                     std::to_string(kProgramFormatVersion));
  }
  const std::string_view body = bytes.substr(kHeaderBytes);
  if (body.size() != length) {
    throw InputError(file + ": program file of " + std::to_string(bytes.size()) + " bytes; expected " +
                     std::to_string(length + kHeaderBytes) + " (cut off or appended to)");
  }
  Reader reader(body, file);
  if (crc32_of(reinterpret_cast<const std::uint8_t*>(body.data()), body.size()) != crc) reader.damaged();
  Program program;
  transfer(reader, program);
  if (!reader.at_end()) reader.damaged();
  return program;
}

void save_program(const Program& program, const std::string& path) { save_file(path, serialise_program(program)); }

Program load_program(const std::string& path) { return parse_program(load_file(path), path); }

}  // namespace gemel::arch
