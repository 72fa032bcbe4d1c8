// SPDX-License-Identifier: Apache-2.0
// Every file of tests/arch/bad_streams is refused with its one line.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "sim/arch/input_error.h"
#include "sim/arch/program_text.h"
#include "tests/support/refusal.h"

namespace gemel::arch {
namespace {

const std::map<std::string, std::string> kMessages = {
    {"begin_twice.rocc", ":7:1: second 'begin'; a stream has one"},
    {"begin_without_end.rocc", ":6:1: 'begin' without 'end'"},
    {"empty.rocc", ":1:1: not a command stream; expected '# format: rocc-1' first"},
    {"end_alone.rocc", ":5:1: 'end' without 'begin'"},
    {"end_without_fence.rocc", ":6:1: expected a 'fence' right before 'end'"},
    {"data_digit.rocc", ":3:20: not hexadecimal; expected 0-9 and a-f"},
    {"data_outside.rocc", ":3:9: data leaves the region [0x80000000, 0x80001000)"},
    {"field_value.txt",
     ":7:14: 'acc:1:full:accumulate' is no value of 'local'; expected spad:ROW, acc:ROW[:accumulate][:full], garbage "
     "or 32 bits"},
    {"fill_kind.rocc", ":4:25: unknown fill 'f32'; expected i8 or i32"},
    {"fill_outside.rocc", ":4:9: fill leaves the region [0x80000000, 0x80001000)"},
    {"funct_high.rocc", ":4:1: function code 128 does not exist; the most is 127"},
    {"host_kind.txt", ":6:9: unknown host operator 'sofmax'"},
    {"host_without_output.txt", ":6:1: 'host_op' without 'output'"},
    {"idle_long.rocc", ":4:6: idle of more than 2^32 - 1 cycles"},
    {"instruction.txt", ":8:3: unknown instruction 'mvim'"},
    {"later_instruction.txt", ":7:3: unknown instruction 'loop_ws_spad_ab'"},
    {"layer_index.txt", ":7:9: layer 0 does not exist; there are 0"},
    {"memory_digit.txt", ":7:5: 'zz' is no byte; expected two hexadecimal digits, or 'end'"},
    {"memory_odd.txt", ":7:3: odd number of hexadecimal digits; expected two a byte"},
    {"memory_open.txt", ":6:1: 'memory' without 'end'"},
    {"no_code.txt", ":5:1: the text ends before 'code'"},
    {"no_format.rocc", ":1:3: expected '# format: rocc-1' first"},
    {"no_size.rocc", ":2:1: no region yet; expected '# size: BYTES' before the first step"},
    {"open_quote.txt", ":2:6: no closing quote"},
    {"operand_missing.rocc", ":4:6: line ends here; expected rs2"},
    {"operand_text.rocc", ":4:7: 'zero' is not a number; expected rs2"},
    {"other_format.rocc", ":1:11: unknown format 'rocc-2'; expected rocc-1"},
    {"output_outside.rocc", ":4:11: output leaves the region [0x80000000, 0x80001000)"},
    {"repeat_index.txt", ":8:10: command 1 does not exist; there are 1"},
    {"size_zero.rocc", ":2:9: the region must have 1 byte to 4 GiB and end below 2^64"},
    {"step_word.rocc",
     ":4:1: unknown step 'fense'; expected FUNCT RS1 RS2, fence, idle N, begin, end or "
     "write ADDRESS HEX"},
    {"tensor_role.txt", ":6:12: unknown role 'bias'; expected input, output, weight, intermediate"},
    {"tensor_shape.txt", ":6:37: expected ',' or ']'"},
    {"trailing.rocc", ":4:7: unexpected 'now'; expected the end of the line"},
    {"unknown_isa.txt", ":2:5: unknown instruction set 'gemmini_v1'; expected gemmini_v0_7, gemmini_2025"},
    {"unknown_key.rocc",
     ":4:3: unknown key 'fil'; known: format, conv_encoding, name, family, dims, dataflow, options, base, size, fill, "
     "data, output, macs"},
    {"unknown_keyword.txt",
     ":6:1: unknown keyword 'sise'; known: name, config, isa, base, size, macs, output, tensor, layer, memory, "
     "host_op, code"},
    {"unquoted_name.txt", ":2:6: expected the program's name in double quotes"},
    {"write_odd.rocc", ":4:18: half a byte at the end; expected two digits for each byte"},
    {"write_without_fence.rocc", ":4:1: expected a 'fence' right before 'write'"},
    {"version.txt", ":1:15: unknown version of the text form; expected 1"},
};

std::string message_of(const std::filesystem::path& path) {
  std::string text = test_support::error_of([&] { load_any_program(path.string()); });
  const std::string directory = path.parent_path().string() + "/";
  if (text.compare(0, directory.size(), directory) == 0) text.erase(0, directory.size());
  return text;
}

TEST(BadStreams, EachIsRefusedWithItsOneLine) {
  std::size_t seen = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(GEMEL_SOURCE_DIR) + "/tests/arch/bad_streams")) {
    const std::string name = entry.path().filename().string();
    const auto expected = kMessages.find(name);
    ASSERT_NE(expected, kMessages.end()) << name << ": " << message_of(entry.path());
    EXPECT_EQ(message_of(entry.path()), name + expected->second);
    ++seen;
  }
  EXPECT_EQ(seen, kMessages.size());
}

}  // namespace
}  // namespace gemel::arch
