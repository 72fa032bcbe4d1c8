// SPDX-License-Identifier: Apache-2.0
#pragma once
// Words of the program text form for the enumerations of a Program.
#include "sim/arch/program.h"

namespace gemel::arch {

inline const char* isa_version_word(IsaVersion version) {
  return version == IsaVersion::GemminiV07 ? "gemmini_v0_7" : "gemmini_2025";
}
inline const char* element_type_word(ElementType type) {
  static constexpr const char* kWords[] = {"int8", "int32", "uint8", "float32"};
  return kWords[static_cast<std::size_t>(type)];
}
inline const char* placement_word(Placement placement) { return placement == Placement::Array ? "array" : "host"; }
inline const char* role_word(TensorPlace::Role role) {
  switch (role) {
    case TensorPlace::Role::Input:
      return "input";
    case TensorPlace::Role::Output:
      return "output";
    case TensorPlace::Role::Weight:
      return "weight";
    case TensorPlace::Role::Intermediate:
      return "intermediate";
  }
  return "";
}

}  // namespace gemel::arch
