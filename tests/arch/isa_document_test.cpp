// SPDX-License-Identifier: Apache-2.0
// docs/isa.md lists what isa.def says: the part between its two markers is exactly the table's own text.
// GEMEL_UPDATE_DOCS=1 writes it.
#include <gmock/gmock.h>

#include <cstdlib>

#include "sim/arch/file_io.h"
#include "sim/arch/isa.h"

namespace gemel::arch {
namespace {

constexpr char kBegin[] = "<!-- instructions: begin (from sim/arch/isa.def) -->\n";
constexpr char kEnd[] = "<!-- instructions: end -->\n";

const char* version_text(InstructionVersions versions) {
  switch (versions) {
    case InstructionVersions::Both:
      return "";
    case InstructionVersions::V07:
      return ", `gemmini_v0_7` only";
    case InstructionVersions::V2025:
      return ", `gemmini_2025` only";
  }
  return "";
}

std::string bits_text(const FieldPlace& place) {
  const std::string low = std::to_string(place.lsb);
  return place.width == 1 ? low : std::to_string(place.lsb + place.width - 1) + ":" + low;
}

std::string listing() {
  std::string text;
  for (const InstructionInfo& info : instruction_table()) {
    text += "\n### `" + std::string(info.mnemonic) + "`\n\nfunct " + std::to_string(static_cast<int>(info.funct));
    if (info.subtype != kNoSubtype) text += ", rs1[1:0] = " + std::to_string(info.subtype);
    text += std::string(version_text(info.versions)) + ": " + info.meaning +
            ".\n\n| field | bits | meaning |\n| --- | --- | --- |\n";
    for (const FieldInfo& f : info.fields) {
      text += "| `" + std::string(f.name) + "` | " + (f.place.operand == Operand::Rs1 ? "rs1[" : "rs2[") +
              bits_text(f.place) + "] | " + f.meaning + " |\n";
    }
  }
  return text + "\n";
}

TEST(IsaDocument, ListsEveryInstructionAndFieldOfTheTable) {
  const std::string path = std::string(GEMEL_SOURCE_DIR) + "/docs/isa.md";
  const std::string document = load_file(path);
  const std::size_t begin = document.find(kBegin);
  const std::size_t end = document.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::size_t first = begin + sizeof kBegin - 1;
  if (std::getenv("GEMEL_UPDATE_DOCS")) {
    save_file(path, document.substr(0, first) + listing() + document.substr(end));
    return;
  }
  EXPECT_EQ(document.substr(first, end - first), listing());
}

}  // namespace
}  // namespace gemel::arch
