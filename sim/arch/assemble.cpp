// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "sim/arch/command_text.h"
#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/arch/numerics.h"
#include "sim/arch/program_file.h"
#include "sim/arch/program_text.h"
#include "sim/arch/program_words.h"
#include "sim/arch/rocc_stream.h"
#include "sim/arch/text_scanner.h"

namespace gemel::arch {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Line without its comment: a # outside quotes starts it.
std::string_view without_comment(std::string_view line) {
  if (line.find('#') == std::string_view::npos) return line;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && quoted) {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == '#' && !quoted) {
      return line.substr(0, i);
    }
  }
  return line;
}

class Assembler {
 public:
  Assembler(std::string_view text, const std::string& file) : left_(text), file_(file) {}

  Program run();

 private:
  bool next_line();  // to the next line that is not empty; false at the end of the text
  [[noreturn]] void fail_here(const std::string& what) const { throw input_error_at(file_, number_, 1, what); }

  void heading(LineScanner& line);
  void output(LineScanner& line);
  void tensor(LineScanner& line);
  void layer(LineScanner& line);
  void memory(LineScanner& line);
  void host_op(LineScanner& line);
  void step(std::string_view text);
  std::uint32_t index(LineScanner& line, std::size_t count, const char* what);
  HostTensor host_tensor(LineScanner& line);
  std::vector<std::int64_t> integers(LineScanner& line);

  template <typename E>
  E one_of(LineScanner& line, std::initializer_list<E> values, const char* (*word_of)(E), const char* what);

  std::string_view left_;
  const std::string& file_;
  std::string_view line_;
  int number_ = 0;
  bool in_code_ = false;
  Program program_;
};

bool Assembler::next_line() {
  while (!left_.empty()) {
    ++number_;
    const std::size_t end = std::min(left_.find('\n'), left_.size());
    line_ = without_comment(left_.substr(0, end));
    left_.remove_prefix(std::min(end + 1, left_.size()));
    if (line_.find_first_not_of(" \t\r") != std::string_view::npos) return true;
  }
  return false;
}

template <typename E>
E Assembler::one_of(LineScanner& line, std::initializer_list<E> values, const char* (*word_of)(E), const char* what) {
  const int column = line.column();
  std::string known;
  for (const E value : values) known += (known.empty() ? "" : ", ") + std::string(word_of(value));
  const std::string_view word = line.word(known.c_str());
  for (const E value : values) {
    if (word == word_of(value)) return value;
  }
  line.fail(column, std::string("unknown ") + what + " '" + std::string(word) + "'; expected " + known);
}

std::vector<std::int64_t> Assembler::integers(LineScanner& line) {
  std::vector<std::int64_t> values;
  line.expect('[', "a list in brackets");
  if (line.take(']')) return values;
  do {
    values.push_back(line.signed_number("a whole number"));
  } while (line.take(','));
  line.expect(']', "',' or ']'");
  return values;
}

void Assembler::output(LineScanner& line) {
  OutputRange range;
  range.address = line.number("an address");
  range.bytes = line.number("bytes");
  line.expect_end();
  program_.outputs.push_back(range);
}

void Assembler::tensor(LineScanner& line) {
  using Role = TensorPlace::Role;
  TensorPlace tensor;
  tensor.name = line.quoted("the tensor's name");
  tensor.role = one_of(line, {Role::Input, Role::Output, Role::Weight, Role::Intermediate}, role_word, "role");
  tensor.type = one_of(line, {ElementType::Int8, ElementType::Int32, ElementType::UInt8, ElementType::Float32},
                       element_type_word, "element type");
  tensor.address = line.number("an address");
  tensor.shape = integers(line);
  line.expect_end();
  program_.tensors.push_back(std::move(tensor));
}

void Assembler::layer(LineScanner& line) {
  Layer layer;
  layer.name = line.quoted("the layer's name");
  layer.op = line.quoted("the operator");
  layer.placement = one_of(line, {Placement::Array, Placement::Host}, placement_word, "placement");
  const auto key = [&](const std::string& name) { line.skip_text(name + "="); };
  key("macs");
  layer.macs = line.number("multiply-accumulates");
  key("output");
  layer.output = line.quoted("the output tensor's name");
  key("min_dram_bytes");
  layer.min_dram_bytes = line.number("bytes");
  line.expect_end();
  program_.layers.push_back(std::move(layer));
}

void Assembler::memory(LineScanner& line) {
  MemorySegment segment;
  segment.address = line.number("an address");
  line.expect_end();
  const int begin = number_;
  while (true) {
    if (!next_line()) throw input_error_at(file_, begin, 1, "'memory' without 'end'");
    LineScanner data(line_);
    const int column = data.column();
    const std::string_view text = data.word("bytes");
    if (text == "end") {
      data.expect_end();
      break;
    }
    if (text.size() % 2 != 0) data.fail(column, "odd number of hexadecimal digits; expected two a byte");
    const std::size_t at = segment.bytes.size();
    segment.bytes.resize(at + text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const int high = hex_digit(text[i]);
      const int low = hex_digit(text[i + 1]);
      if (high < 0 || low < 0) {
        data.fail(column + static_cast<int>(i),
                  "'" + std::string(text.substr(i, 2)) + "' is no byte; expected two hexadecimal digits, or 'end'");
      }
      segment.bytes[at + i / 2] = static_cast<std::uint8_t>(high * 16 + low);
    }
    data.expect_end();
  }
  program_.memory.push_back(std::move(segment));
}

HostTensor Assembler::host_tensor(LineScanner& line) {
  HostTensor tensor;
  tensor.address = line.number("an address");
  const int column = line.column();
  const std::uint64_t bytes = line.number("1 or 4");
  if (bytes != 1 && bytes != 4) line.fail(column, "elements of " + std::to_string(bytes) + " bytes; expected 1 or 4");
  tensor.element_bytes = static_cast<std::uint8_t>(bytes);
  tensor.shape = integers(line);
  if (!line.at_end()) {
    line.skip_text("strides");
    tensor.strides = integers(line);
  }
  line.expect_end();
  return tensor;
}

void Assembler::host_op(LineScanner& line) {
  HostOp op;
  const int column = line.column();
  const std::string kind(line.word("a host operator"));
  if (!parse_host_op_kind(kind, op.kind)) line.fail(column, "unknown host operator '" + kind + "'");
  line.expect_end();
  const int begin = number_;
  bool has_output = false;
  while (true) {
    if (!next_line()) throw input_error_at(file_, begin, 1, "'host_op' without 'end'");
    LineScanner part(line_);
    const int at = part.column();
    const std::string_view word = part.word("input, output, params, scales or end");
    if (word == "end") {
      part.expect_end();
      break;
    }
    if (word == "input") {
      op.inputs.push_back(host_tensor(part));
    } else if (word == "output") {
      op.output = host_tensor(part);
      has_output = true;
    } else if (word == "params") {
      op.params = integers(part);
      part.expect_end();
    } else if (word == "scales") {
      while (!part.at_end()) op.scales.push_back(part.scale());
    } else {
      part.fail(at, "unknown part '" + std::string(word) + "'; expected input, output, params, scales or end");
    }
  }
  if (!has_output) throw input_error_at(file_, begin, 1, "'host_op' without 'output'");
  program_.host_ops.push_back(std::move(op));
}

std::uint32_t Assembler::index(LineScanner& line, std::size_t count, const char* what) {
  const int column = line.column();
  const std::uint64_t value = line.number("an index");
  if (value >= count) {
    line.fail(column,
              std::string(what) + " " + std::to_string(value) + " does not exist; there are " + std::to_string(count));
  }
  line.expect_end();
  return static_cast<std::uint32_t>(value);
}

void Assembler::step(std::string_view text) {
  LineScanner line(text);
  const int column = line.column();
  const std::string_view word = line.word("a step");
  const auto plain = [&](StepKind kind) {
    line.expect_end();
    program_.steps.push_back({kind, 0});
  };
  if (word == "fence") return plain(StepKind::Fence);
  if (word == "begin") return plain(StepKind::Begin);
  if (word == "end") return plain(StepKind::End);
  if (word == "idle") {
    const int at = line.column();
    const std::uint64_t cycles = line.number("cycles");
    if (cycles > 0xFFFFFFFFu) line.fail(at, "idle of more than 2^32 - 1 cycles");
    line.expect_end();
    program_.steps.push_back({StepKind::Idle, static_cast<std::uint32_t>(cycles)});
  } else if (word == "host") {
    program_.steps.push_back({StepKind::Host, index(line, program_.host_ops.size(), "host operator")});
  } else if (word == "layer") {
    program_.steps.push_back({StepKind::Layer, index(line, program_.layers.size(), "layer")});
  } else if (word == "repeat") {
    program_.steps.push_back({StepKind::Command, index(line, program_.commands.size(), "command")});
  } else {
    const bool define = word == "define";
    const int from = define ? line.column() : column;
    const std::string_view command = text.substr(static_cast<std::size_t>(from - 1));
    if (!define) {
      program_.steps.push_back({StepKind::Command, static_cast<std::uint32_t>(program_.commands.size())});
    }
    try {
      program_.commands.push_back(parse_command(command, program_.isa_version));
    } catch (const CommandTextError& error) {
      throw CommandTextError(error.column() + from - 1, error.what());
    }
  }
}

void Assembler::heading(LineScanner& line) {
  const int column = line.column();
  const std::string_view word = line.word("a keyword");
  if (word == "memory") return memory(line);
  if (word == "output") return output(line);
  if (word == "tensor") return tensor(line);
  if (word == "layer") return layer(line);
  if (word == "host_op") return host_op(line);
  if (word == "name") {
    program_.name = line.quoted("the program's name");
  } else if (word == "config") {
    program_.config_name = line.quoted("the configuration's name");
  } else if (word == "isa") {
    program_.isa_version =
        one_of(line, {IsaVersion::GemminiV07, IsaVersion::Gemmini2025}, isa_version_word, "instruction set");
  } else if (word == "base") {
    program_.base = line.number("an address");
  } else if (word == "size") {
    program_.size = line.number("bytes");
  } else if (word == "macs") {
    program_.macs = line.number("multiply-accumulates");
  } else if (word == "code") {
    in_code_ = true;
  } else {
    line.fail(column,
              "unknown keyword '" + std::string(word) +
                  "'; known: name, config, isa, base, size, macs, output, tensor, layer, memory, host_op, code");
  }
  line.expect_end();
}

Program Assembler::run() {
  try {
    if (!next_line()) fail_here("empty; expected 'gemel-program 1'");
    LineScanner first(line_);
    if (first.word("gemel-program 1") != "gemel-program") {
      fail_here("not a program text; expected 'gemel-program 1' first");
    }
    const int column = first.column();
    if (first.number("1") != 1) first.fail(column, "unknown version of the text form; expected 1");
    first.expect_end();
    while (next_line()) {
      if (in_code_) {
        step(line_);
      } else {
        LineScanner line(line_);
        heading(line);
      }
    }
  } catch (const CommandTextError& error) {
    throw input_error_at(file_, number_, error.column(), error.what());
  }
  if (!in_code_) throw input_error_at(file_, number_, 1, "the text ends before 'code'");
  return std::move(program_);
}

}  // namespace

Program assemble(std::string_view text, const std::string& file) { return Assembler(text, file).run(); }

Program load_any_program(const std::string& path) {
  const std::string contents = load_file(path);
  if (contents.substr(0, 5) == "GEMEL") return parse_program(contents, path);
  const std::size_t start = contents.find_first_not_of(" \t\r\n");
  if (start != std::string::npos && contents.compare(start, 13, "gemel-program") == 0) return assemble(contents, path);
  return make_program(parse_rocc(contents, path));
}

}  // namespace gemel::arch
