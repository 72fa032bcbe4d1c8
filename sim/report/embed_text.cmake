# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=x.cpp -DFILES="a;b" -DNAMES="kA;kB" -P embed_text.cmake: text files as string constants of gemel::sim.
set(text "// Generated from text files by sim/report/embed_text.cmake.\n#include \"sim/report/page_parts.h\"\n")
string(APPEND text "namespace gemel::sim {\n")
foreach(file name IN ZIP_LISTS FILES NAMES)
  file(READ "${file}" contents)
  string(APPEND text "const std::string_view ${name} = R\"gemel_text(")
  string(APPEND text "${contents}")
  string(APPEND text ")gemel_text\";\n")
endforeach()
string(APPEND text "}  // namespace gemel::sim\n")
file(WRITE "${OUT}" "${text}")
