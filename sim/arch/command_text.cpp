// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/command_text.h"

#include <algorithm>
#include <array>

#include "sim/arch/text_scanner.h"

namespace gemel::arch {

namespace {

// Instructions by funct and rs1[1:0].
using FunctTable = std::array<const InstructionInfo*, 256 * 4>;

FunctTable make_funct_table(IsaVersion version) {
  FunctTable table{};
  for (unsigned funct = 0; funct < 256; ++funct) {
    for (unsigned low = 0; low < 4; ++low) {
      table[funct * 4 + low] = find_instruction(Command{static_cast<std::uint8_t>(funct), low, 0}, version);
    }
  }
  return table;
}

const InstructionInfo* look_up(const Command& command, IsaVersion version) {
  static const FunctTable v07 = make_funct_table(IsaVersion::GemminiV07);
  static const FunctTable v2025 = make_funct_table(IsaVersion::Gemmini2025);
  return (version == IsaVersion::GemminiV07 ? v07 : v2025)[command.funct * 4u + (command.rs1 & 3)];
}

constexpr std::uint32_t kLocalFlags = 0xE0000000u;
constexpr std::uint32_t kLocalPlainRow = (1u << 26) - 1;  // all below the normalisation command

void append_local(std::string& out, std::uint32_t bits) {
  if (bits == LocalAddress::kGarbage) {
    out += "garbage";
    return;
  }
  const LocalAddress address(bits);
  const bool plain =
      (bits & ~(kLocalFlags | kLocalPlainRow)) == 0 && (address.is_accumulator() || (bits & kLocalFlags) == 0);
  if (!plain) {
    append_hex(out, bits);
    return;
  }
  out += address.is_accumulator() ? "acc:" : "spad:";
  append_decimal(out, bits & kLocalPlainRow);
  if (address.accumulates()) out += ":accumulate";
  if (address.is_full_width()) out += ":full";
}

bool parse_local(std::string_view text, std::uint64_t& bits) {
  if (text == "garbage") {
    bits = LocalAddress::kGarbage;
    return true;
  }
  const bool accumulator = text.substr(0, 4) == "acc:";
  if (!accumulator && text.substr(0, 5) != "spad:") return parse_unsigned(text, bits) && bits <= 0xFFFFFFFFu;
  text.remove_prefix(accumulator ? 4 : 5);
  const std::size_t end = std::min(text.find(':'), text.size());
  std::uint64_t row = 0;
  if (!parse_unsigned(text.substr(0, end), row) || row > kLocalPlainRow) return false;
  text.remove_prefix(end);
  bits = row;
  if (!accumulator) return text.empty();
  bits |= LocalAddress::kAccumulatorBit;
  const auto take = [&](std::string_view suffix, std::uint32_t flag) {
    if (text.substr(0, suffix.size()) != suffix) return;
    text.remove_prefix(suffix.size());
    bits |= flag;
  };
  take(":accumulate", LocalAddress::kAccumulateBit);
  take(":full", LocalAddress::kFullWidthBit);
  return text.empty();
}

bool parse_value(FieldFormat format, std::string_view text, std::uint64_t& value) {
  switch (format) {
    case FieldFormat::Local:
      return parse_local(text, value);
    case FieldFormat::Scale: {
      std::uint32_t bits = 0;
      if (!parse_scale_bits(text, bits)) return false;
      value = bits;
      return true;
    }
    case FieldFormat::Number:
    case FieldFormat::Hex:
      return parse_unsigned(text, value);
  }
  return false;
}

const char* expected_value(FieldFormat format) {
  switch (format) {
    case FieldFormat::Local:
      return "spad:ROW, acc:ROW[:accumulate][:full], garbage or 32 bits";
    case FieldFormat::Scale:
      return "a number or bits:0x...";
    case FieldFormat::Number:
    case FieldFormat::Hex:
      return "a number";
  }
  return "";
}

// Bits of rs1 and rs2 that belong to no field.
Command uncovered_bits(const InstructionInfo& info) {
  Command mask{0, ~std::uint64_t{0}, ~std::uint64_t{0}};
  if (info.subtype != kNoSubtype) mask.rs1 &= ~std::uint64_t{3};
  for (const FieldInfo& f : info.fields) f.place.set(mask, 0);
  return mask;
}

std::string known_fields(const InstructionInfo& info) {
  std::string list;
  for (const FieldInfo& f : info.fields) list += (list.empty() ? "" : ", ") + std::string(f.name);
  return list;
}

void parse_field(LineScanner& line, const InstructionInfo& info, Command& command, std::uint64_t& seen) {
  const int column = line.column();
  const std::string_view text = line.word("FIELD=VALUE");
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    line.fail(column, "'" + std::string(text) + "' has no value; expected FIELD=VALUE");
  }
  const std::string_view name = text.substr(0, equals);
  const std::string_view value_text = text.substr(equals + 1);
  const int value_column = column + static_cast<int>(equals) + 1;
  const auto once = [&](unsigned index) {
    if (seen >> index & 1) line.fail(column, "field '" + std::string(name) + "' appears twice");
    seen |= std::uint64_t{1} << index;
  };
  std::uint64_t value = 0;
  for (unsigned operand = 0; operand < 2; ++operand) {
    if (name != (operand == 0 ? "rs1_extra" : "rs2_extra")) continue;
    once(62 + operand);
    const Command mask = uncovered_bits(info);
    if (!parse_unsigned(value_text, value) || (value & ~(operand == 0 ? mask.rs1 : mask.rs2)) != 0) {
      line.fail(value_column, "'" + std::string(value_text) + "' is not a number of bits outside all fields");
    }
    (operand == 0 ? command.rs1 : command.rs2) |= value;
    return;
  }
  for (unsigned i = 0; i < info.fields.size(); ++i) {
    const FieldInfo& f = info.fields[i];
    if (name != f.name) continue;
    once(i);
    if (!parse_value(f.format, value_text, value)) {
      line.fail(value_column, "'" + std::string(value_text) + "' is no value of '" + f.name + "'; expected " +
                                  expected_value(f.format));
    }
    if (value > f.place.mask()) {
      line.fail(value_column, "'" + std::string(value_text) + "' does not fit '" + f.name + "'; the most is " +
                                  std::to_string(f.place.mask()));
    }
    f.place.set(command, value);
    return;
  }
  line.fail(column, "unknown field '" + std::string(name) + "' of " + info.mnemonic + "; known: " + known_fields(info));
}

Command parse_raw(LineScanner& line) {
  const int column = line.column();
  const std::uint64_t funct = line.number("a function code");
  if (funct > 127) line.fail(column, "function code " + std::to_string(funct) + " does not exist; the most is 127");
  const std::uint64_t rs1 = line.number("rs1");
  const std::uint64_t rs2 = line.number("rs2");
  line.expect_end();
  return {static_cast<std::uint8_t>(funct), rs1, rs2};
}

}  // namespace

std::string describe(LocalAddress address) {
  std::string out;
  append_local(out, address.bits());
  return out;
}

void describe_to(std::string& out, const Command& command, IsaVersion version) {
  const InstructionInfo* info = look_up(command, version);
  if (!info) {
    out += "raw ";
    append_decimal(out, command.funct);
    out += ' ';
    append_hex(out, command.rs1);
    out += ' ';
    append_hex(out, command.rs2);
    return;
  }
  out += info->mnemonic;
  for (const FieldInfo& f : info->fields) {
    const std::uint64_t value = f.place.get(command.rs1, command.rs2);
    if (value == 0 && f.format != FieldFormat::Local) continue;
    out += ' ';
    out += f.name;
    out += '=';
    switch (f.format) {
      case FieldFormat::Number:
        append_decimal(out, value);
        break;
      case FieldFormat::Hex:
        append_hex(out, value);
        break;
      case FieldFormat::Scale:
        append_scale_bits(out, static_cast<std::uint32_t>(value));
        break;
      case FieldFormat::Local:
        append_local(out, static_cast<std::uint32_t>(value));
        break;
    }
  }
  const Command mask = uncovered_bits(*info);
  if (command.rs1 & mask.rs1) {
    out += " rs1_extra=";
    append_hex(out, command.rs1 & mask.rs1);
  }
  if (command.rs2 & mask.rs2) {
    out += " rs2_extra=";
    append_hex(out, command.rs2 & mask.rs2);
  }
}

std::string describe(const Command& command, IsaVersion version) {
  std::string out;
  describe_to(out, command, version);
  return out;
}

Command parse_command(std::string_view text, IsaVersion version) {
  LineScanner line(text);
  const int column = line.column();
  const std::string_view mnemonic = line.word("an instruction");
  if (mnemonic == "raw") return parse_raw(line);
  const InstructionInfo* info = find_instruction(std::string(mnemonic), version);
  if (!info) line.fail(column, "unknown instruction '" + std::string(mnemonic) + "'");
  Command command{static_cast<std::uint8_t>(info->funct), 0, 0};
  if (info->subtype != kNoSubtype) command.rs1 = static_cast<std::uint64_t>(info->subtype);
  std::uint64_t seen = 0;
  while (!line.at_end()) parse_field(line, *info, command, seen);
  return command;
}

}  // namespace gemel::arch
