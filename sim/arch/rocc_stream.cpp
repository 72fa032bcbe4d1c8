// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/rocc_stream.h"

#include <algorithm>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/arch/text_scanner.h"

namespace gemel::arch {

namespace {

constexpr std::size_t kMostHexBytes = std::size_t{1} << 20;  // in one line

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_bytes(std::string& out, const std::vector<std::uint8_t>& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

struct Parser {
  RoccStream stream;
  bool has_format = false;
  bool has_size = false;
  bool began = false;
  bool ended = false;

  void header(LineScanner& line);
  void step(LineScanner& line);
  MemorySegment bytes_at(LineScanner& line, const char* what) const;
  void require_inside(LineScanner& line, int column, std::uint64_t start, std::uint64_t bytes, const char* what) const;
};

void Parser::require_inside(LineScanner& line, int column, std::uint64_t start, std::uint64_t bytes,
                            const char* what) const {
  if (!has_size) line.fail(column, std::string(what) + " before 'size'; expected '# size: BYTES' first");
  if (start < stream.base || bytes > stream.size || start - stream.base > stream.size - bytes) {
    std::string text = std::string(what) + " leaves the region [";
    append_hex(text, stream.base);
    text += ", ";
    append_hex(text, stream.base + stream.size);
    line.fail(column, text + ")");
  }
}

// ADDRESS HEX
MemorySegment Parser::bytes_at(LineScanner& line, const char* what) const {
  const int at = line.column();
  MemorySegment segment;
  segment.address = line.number("an address");
  const int digits_at = line.column();
  const std::string_view digits = line.word("bytes in hexadecimal");
  if (digits.size() % 2 != 0) line.fail(digits_at, "half a byte at the end; expected two digits for each byte");
  if (digits.size() / 2 > kMostHexBytes) line.fail(digits_at, "more than 1 MiB in one line");
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) line.fail(digits_at + static_cast<int>(i), "not hexadecimal; expected 0-9 and a-f");
    segment.bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  require_inside(line, at, segment.address, segment.bytes.size(), what);
  return segment;
}

void Parser::header(LineScanner& line) {
  const int column = line.column();
  std::string_view key = line.word("KEY:");
  if (key.back() != ':') return;  // a comment
  key.remove_suffix(1);
  if (key != "format" && !has_format) line.fail(column, "expected '# format: rocc-1' first");
  const auto text = [&] {
    const bool empty = line.at_end();
    std::string value(empty ? std::string_view() : line.rest());
    while (!value.empty() && (value.back() == ' ' || value.back() == '\r')) value.pop_back();
    return value;
  };
  if (key == "format") {
    const int at = line.column();
    const std::string_view format = line.word("rocc-1");
    if (format != "rocc-1") line.fail(at, "unknown format '" + std::string(format) + "'; expected rocc-1");
    has_format = true;
  } else if (key == "conv_encoding") {
    const int at = line.column();
    const std::uint64_t encoding = line.number("1 or 2");
    if (encoding != 1 && encoding != 2) line.fail(at, "unknown conv_encoding; expected 1 or 2");
    stream.isa_version = encoding == 2 ? IsaVersion::Gemmini2025 : IsaVersion::GemminiV07;
  } else if (key == "name") {
    stream.name = text();
  } else if (key == "family") {
    stream.family = text();
  } else if (key == "dims") {
    stream.dims = text();
  } else if (key == "dataflow") {
    stream.dataflow = text();
  } else if (key == "options") {
    stream.options = text();
  } else if (key == "base") {
    if (has_size) line.fail(column, "'base' behind 'size'; expected it before");
    stream.base = line.number("an address");
  } else if (key == "size") {
    const int at = line.column();
    stream.size = line.number("bytes");
    if (stream.size == 0 || stream.size > kMaxStreamBytes || stream.base > ~std::uint64_t{0} - stream.size) {
      line.fail(at, "the region must have 1 byte to 4 GiB and end below 2^64");
    }
    has_size = true;
  } else if (key == "fill") {
    const int at = line.column();
    MemoryFill fill;
    fill.start = line.number("the first address");
    fill.bytes = line.number("bytes");
    const int kind_at = line.column();
    const std::string_view kind = line.word("i8 or i32");
    if (kind != "i8" && kind != "i32") {
      line.fail(kind_at, "unknown fill '" + std::string(kind) + "'; expected i8 or i32");
    }
    fill.kind = kind == "i8" ? FillKind::Int8 : FillKind::Int32;
    fill.range = line.number("the range of values");
    require_inside(line, at, fill.start, fill.bytes, "fill");
    stream.fills.push_back(fill);
  } else if (key == "data") {
    stream.data.push_back(bytes_at(line, "data"));
  } else if (key == "output") {
    const int at = line.column();
    OutputRange output;
    output.address = line.number("the first address");
    output.bytes = line.number("bytes");
    require_inside(line, at, output.address, output.bytes, "output");
    stream.outputs.push_back(output);
  } else if (key == "macs") {
    stream.macs = line.number("multiply-accumulates");
  } else {
    line.fail(column, "unknown key '" + std::string(key) +
                          "'; known: format, conv_encoding, name, family, dims, dataflow, options, base, size, fill, "
                          "data, output, macs");
  }
  if (key != "name" && key != "family" && key != "dims" && key != "dataflow" && key != "options") line.expect_end();
}

void Parser::step(LineScanner& line) {
  const int column = line.column();
  if (!has_format) line.fail(column, "expected '# format: rocc-1' first");
  if (!has_size) line.fail(column, "no region yet; expected '# size: BYTES' before the first step");
  const std::string_view word = line.word("a step");
  if (word == "fence") {
    stream.steps.push_back({StepKind::Fence, 0});
  } else if (word == "idle") {
    const int at = line.column();
    const std::uint64_t cycles = line.number("cycles");
    if (cycles > 0xFFFFFFFFu) line.fail(at, "idle of more than 2^32 - 1 cycles");
    stream.steps.push_back({StepKind::Idle, static_cast<std::uint32_t>(cycles)});
  } else if (word == "write") {
    const MemorySegment write = bytes_at(line, "write");
    if (!stream.steps.empty() && stream.steps.back().kind != StepKind::Fence &&
        stream.steps.back().kind != StepKind::Host)
      line.fail(column, "expected a 'fence' right before 'write'");
    stream.steps.push_back({StepKind::Host, static_cast<std::uint32_t>(stream.writes.size())});
    stream.writes.push_back(write);
  } else if (word == "begin") {
    if (began) line.fail(column, "second 'begin'; a stream has one");
    began = true;
    stream.steps.push_back({StepKind::Begin, 0});
  } else if (word == "end") {
    if (!began || ended) line.fail(column, "'end' without 'begin'");
    if (stream.steps.back().kind != StepKind::Fence) line.fail(column, "expected a 'fence' right before 'end'");
    ended = true;
    stream.steps.push_back({StepKind::End, 0});
  } else {
    std::uint64_t funct = 0;
    if (!parse_unsigned(word, funct)) {
      line.fail(column, "unknown step '" + std::string(word) +
                            "'; expected FUNCT RS1 RS2, fence, idle N, begin, end or write ADDRESS HEX");
    }
    if (funct > 127) line.fail(column, "function code " + std::string(word) + " does not exist; the most is 127");
    const std::uint64_t rs1 = line.number("rs1");
    const std::uint64_t rs2 = line.number("rs2");
    stream.steps.push_back({StepKind::Command, static_cast<std::uint32_t>(stream.commands.size())});
    stream.commands.push_back({static_cast<std::uint8_t>(funct), rs1, rs2});
  }
  line.expect_end();
}

void append_header(std::string& out, const char* key, const std::string& value) {
  if (!value.empty()) out += std::string("# ") + key + ": " + value + "\n";
}

}  // namespace

RoccStream parse_rocc(std::string_view text, const std::string& file) {
  Parser parser;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    LineScanner line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    try {
      if (line.at_end()) continue;
      if (line.take('#')) {
        if (!line.at_end()) parser.header(line);
      } else {
        parser.step(line);
      }
    } catch (const CommandTextError& error) {
      throw input_error_at(file, number, error.column(), error.what());
    }
  }
  if (!parser.has_format) throw input_error_at(file, 1, 1, "not a command stream; expected '# format: rocc-1' first");
  if (!parser.has_size) throw input_error_at(file, number, 1, "no region; expected '# size: BYTES'");
  if (parser.began && !parser.ended) throw input_error_at(file, number, 1, "'begin' without 'end'");
  return std::move(parser.stream);
}

RoccStream load_rocc(const std::string& path) { return parse_rocc(load_file(path), path); }

std::string write_rocc(const RoccStream& stream) {
  std::string out = "# format: rocc-1\n";
  if (stream.isa_version == IsaVersion::Gemmini2025) out += "# conv_encoding: 2\n";
  append_header(out, "name", stream.name);
  append_header(out, "family", stream.family);
  append_header(out, "dims", stream.dims);
  append_header(out, "dataflow", stream.dataflow);
  append_header(out, "options", stream.options);
  out += "# base: ";
  append_hex(out, stream.base);
  out += "\n# size: ";
  append_hex(out, stream.size);
  for (const MemoryFill& fill : stream.fills) {
    out += "\n# fill: ";
    append_hex(out, fill.start);
    out += ' ';
    append_hex(out, fill.bytes);
    out += fill.kind == FillKind::Int8 ? " i8 " : " i32 ";
    append_decimal(out, fill.range);
  }
  for (const MemorySegment& data : stream.data) {
    out += "\n# data: ";
    append_hex(out, data.address);
    out += ' ';
    append_bytes(out, data.bytes);
  }
  for (const OutputRange& output : stream.outputs) {
    out += "\n# output: ";
    append_hex(out, output.address);
    out += ' ';
    append_hex(out, output.bytes);
  }
  out += "\n# macs: ";
  append_decimal(out, stream.macs);
  out += '\n';
  for (const std::string& note : stream.notes) out += "# " + note + "\n";
  for (const Step& step : stream.steps) {
    switch (step.kind) {
      case StepKind::Command: {
        const Command& command = stream.commands.at(step.index);
        append_decimal(out, command.funct);
        out += ' ';
        append_hex(out, command.rs1);
        out += ' ';
        append_hex(out, command.rs2);
        break;
      }
      case StepKind::Fence:
        out += "fence";
        break;
      case StepKind::Idle:
        out += "idle ";
        append_decimal(out, step.index);
        break;
      case StepKind::Begin:
        out += "begin";
        break;
      case StepKind::End:
        out += "end";
        break;
      case StepKind::Host:
        out += "write ";
        append_hex(out, stream.writes.at(step.index).address);
        out += ' ';
        append_bytes(out, stream.writes.at(step.index).bytes);
        break;
      case StepKind::Layer:
        throw InputError(stream.name + ": a command stream has no layers");
    }
    out += '\n';
  }
  return out;
}

Program make_program(const RoccStream& stream) {
  Program program;
  program.name = stream.name;
  program.isa_version = stream.isa_version;
  program.base = stream.base;
  program.size = stream.size;
  program.outputs = stream.outputs;
  program.macs = stream.macs;
  program.commands = stream.commands;
  program.steps = stream.steps;
  if (!stream.fills.empty() || !stream.data.empty()) {
    MemorySegment segment;
    segment.address = stream.base;
    segment.bytes.resize(stream.size);
    for (const MemoryFill& fill : stream.fills) apply_fill(fill, stream.base, segment.bytes);
    for (const MemorySegment& data : stream.data)
      std::copy(data.bytes.begin(), data.bytes.end(),
                segment.bytes.begin() + static_cast<std::ptrdiff_t>(data.address - stream.base));
    program.memory.push_back(std::move(segment));
  }
  for (const MemorySegment& write : stream.writes) {
    HostOp copy;
    const auto bytes = static_cast<std::int64_t>(write.bytes.size());
    copy.inputs.push_back({program.base + program.size, 1, {bytes}, {}});
    copy.output = {write.address, 1, {bytes}, {}};
    program.memory.push_back({program.base + program.size, write.bytes});
    program.size += write.bytes.size();
    program.host_ops.push_back(std::move(copy));
  }
  return program;
}

}  // namespace gemel::arch
