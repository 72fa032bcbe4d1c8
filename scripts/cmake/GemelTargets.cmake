# What every target of the project has in common, and the packages that they use.

option(GEMEL_BUILD_TESTS "Build the tests" ON)
option(GEMEL_SANITIZE "Address and undefined-behaviour sanitizers" OFF)
option(GEMEL_FUZZ "libFuzzer targets; needs clang" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Assertions guard our own invariants and stay on in release builds.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

find_program(GEMEL_CCACHE ccache)
if(GEMEL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GEMEL_CCACHE})
endif()

# ccache remembers whole objects and is in the way of precompiled headers; a first build without it takes less time with
# them.
if(CMAKE_CXX_COMPILER_LAUNCHER)
  set(without_ccache OFF)
else()
  set(without_ccache ON)
endif()
option(GEMEL_PRECOMPILED_TEST_HEADERS "Compile GoogleTest's headers once for all tests" ${without_ccache})

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(SYSTEMC REQUIRED systemc)
if(GEMEL_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  include(GoogleTest)
endif()

# libsystemc is built as C++17 and has no CMake configuration of its own. It refers to sc_main even where the program
# has its own main; systemc_entry defines one and stands behind it on the link line.
add_library(gemel_systemc_entry STATIC ${CMAKE_CURRENT_LIST_DIR}/systemc_entry.cpp)
add_library(gemel_systemc INTERFACE)
add_library(gemel::systemc ALIAS gemel_systemc)
target_include_directories(gemel_systemc SYSTEM INTERFACE ${SYSTEMC_INCLUDE_DIRS})
target_link_libraries(gemel_systemc INTERFACE ${SYSTEMC_LINK_LIBRARIES} gemel_systemc_entry Threads::Threads)

# Every room can be a part of a shared library (sim/native) and loses nothing by it: with hidden symbols, calls inside a
# library stay direct.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

# Flags and include root for every target: the repository is the include root.
add_library(gemel_options INTERFACE)
target_compile_features(gemel_options INTERFACE cxx_std_17)
target_include_directories(gemel_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(gemel_options INTERFACE -Wall -Wextra -Wpedantic -Werror=return-type -Werror=switch)
if(GEMEL_SANITIZE)
  target_compile_options(gemel_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=undefined)
  target_link_options(gemel_options INTERFACE -fsanitize=address,undefined)
endif()

if(GEMEL_FUZZ)
  target_compile_options(gemel_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For code that is not what takes the time when it runs, but long to compile: tests, the command line.
add_library(gemel_quick_to_compile INTERFACE)
if(GEMEL_SANITIZE)
  target_compile_options(gemel_quick_to_compile INTERFACE -O0)
else()
  target_compile_options(gemel_quick_to_compile INTERFACE $<$<CONFIG:Release>:-O1>)
endif()

# The headers that each test includes, compiled once for all of them.
if(GEMEL_BUILD_TESTS AND GEMEL_PRECOMPILED_TEST_HEADERS)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cpp CONTENT "")
  add_library(gemel_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
  # As for the executables that use it: other flags make it useless.
  set_target_properties(gemel_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(gemel_test_headers PRIVATE -fPIE)
  target_link_libraries(gemel_test_headers PRIVATE gemel_options gemel_quick_to_compile GTest::gmock)
  target_precompile_headers(gemel_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <string> <vector>)
endif()

# gemel_library(NAME SOURCES a.cpp ... LINK target ...): one room, alias gemel::NAME.
function(gemel_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(gemel_${name} STATIC ${ARG_SOURCES})
  add_library(gemel::${name} ALIAS gemel_${name})
  target_link_libraries(gemel_${name} PUBLIC gemel_options ${ARG_LINK})
endfunction()

# gemel_test(NAME SOURCES a_test.cpp ... LINK target ... [TIMEOUT seconds] [VARIANT word] [SLOW]): one GoogleTest
# executable, each of its tests known to CTest. GEMEL_SOURCE_DIR is the repository, for files that tests read. SLOW
# keeps it out of the sanitizer run. VARIANT goes before the names of tests that are built several times. gmock_main comes
# first, else libsystemc's own main would be taken.
function(gemel_test name)
  cmake_parse_arguments(ARG "SLOW" "TIMEOUT;VARIANT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(ARG_VARIANT)
    string(APPEND ARG_VARIANT ".")
  endif()
  if(ARG_SLOW AND GEMEL_SANITIZE)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE GTest::gmock_main gemel_options gemel_quick_to_compile ${ARG_LINK})
  target_compile_definitions(${name} PRIVATE GEMEL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  if(GEMEL_PRECOMPILED_TEST_HEADERS)
    target_precompile_headers(${name} REUSE_FROM gemel_test_headers)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES TEST_PREFIX "${ARG_VARIANT}"
                       PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

# gemel_command_test(NAME COMMAND program argument ... TIMEOUT seconds): passes where the command ends with status 0.
function(gemel_command_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${ARG_COMMAND})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
