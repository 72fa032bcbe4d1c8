// SPDX-License-Identifier: Apache-2.0
// --input and --output-dir: tensors from and to .npy files.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kSource = GEMEL_SOURCE_DIR;
const std::string kWorkload = kSource + "/workloads/gemm/square_64.yaml";
constexpr std::size_t kElements = 64 * 64;

// What numpy.save writes for an int8 array of 64x64, or what `header` says instead.
std::string npy(const std::string& data,
                const std::string& header = "{'descr': '|i1', 'fortran_order': False, 'shape': (64, 64), }") {
  std::string padded = header + std::string(117 - header.size(), ' ') + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(padded.size()) + std::string(1, '\0') + padded + data;
}

std::string data_of(const std::string& file) { return file.substr(128); }

std::string run_with(const ScratchDirectory& scratch, const std::string& input) {
  scratch.write("in.npy", input);
  const ChildResult result =
      run_gemel({"run", kWorkload, "--input", "a=in.npy", "--output-dir", "out"}, scratch.path());
  EXPECT_EQ(result.status, 0) << result.err;
  return read_text(scratch.file("out/product.npy"));
}

TEST(TensorFile, AGivenInputIsUsedAndTheOutputSaved) {
  const ScratchDirectory scratch;
  const std::string zero = run_with(scratch, npy(std::string(kElements, '\0')));
  EXPECT_EQ(zero, npy(std::string(kElements, '\0')));
  const std::string some = run_with(scratch, npy(std::string(kElements, '\x05')));
  EXPECT_EQ(data_of(some).size(), kElements);
  EXPECT_NE(data_of(some), data_of(zero));
  EXPECT_THAT(scratch.names(), ElementsAre("in.npy", "out"));
}

TEST(TensorFile, ASavedProgramTakesInputsToo) {
  const ScratchDirectory scratch;
  const std::string expected = run_with(scratch, npy(std::string(kElements, '\x05')));
  ASSERT_EQ(run_gemel({"compile", kWorkload, "-c", "gemmini_16x16", "-o", "p.gemel"}, scratch.path()).status, 0);
  ASSERT_EQ(run_gemel({"run", "p.gemel", "--input", "a=in.npy", "--output-dir", "again"}, scratch.path()).status, 0);
  EXPECT_EQ(read_text(scratch.file("again/product.npy")), expected);
}

TEST(TensorFile, WhatDoesNotFitIsRefusedInOneLine) {
  const std::string data(kElements, '\x01');
  const struct {
    std::string file;
    std::string part;
  } cases[] = {
      {"", "lacks NumPy's magic"},
      {npy(data).substr(0, 9), "lacks NumPy's magic"},
      {npy(data).substr(0, 60), "cut short"},
      {npy(data).substr(0, 500), "its shape needs 4096"},
      {npy(data + "x"), "its shape needs 4096"},
      {npy(data, "{'descr': '<f8', 'fortran_order': False, 'shape': (64, 16), }"), "element type '<f8'"},
      {npy(data, "{'descr': '|i1', 'fortran_order': True, 'shape': (64, 64), }"), "Fortran order"},
      {npy(data, "{'descr': '|i1', 'fortran_order': False, 'shape': (4096,), }"), "it holds int8 [4096]"},
      {npy(data, "{'descr': '<i4', 'fortran_order': False, 'shape': (32, 32), }"), "it holds int32 [32, 32]"},
      {npy(data, "{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999, 64), }"), "too large"},
      {npy(data, "{'fortran_order': False, 'shape': (64, 64), }"), "no usable 'descr'"},
      {std::string("\x93NUMPY\x07\x00", 8) + npy(data).substr(8), "format version 7"},
  };
  for (const auto& [file, part] : cases) {
    SCOPED_TRACE(part);
    const ScratchDirectory scratch;
    scratch.write("in.npy", file);
    const ChildResult result =
        run_gemel({"run", kWorkload, "--input", "a=in.npy", "--output-dir", "out"}, scratch.path());
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr(part));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_THAT(scratch.names(), ElementsAre("in.npy"));
  }
}

TEST(TensorFile, AnInputIsGivenOnce) {
  const ScratchDirectory scratch;
  scratch.write("in.npy", npy(std::string(kElements, '\0')));
  const ChildResult result =
      run_gemel({"run", kWorkload, "--input", "a=in.npy", "--input", "a=in.npy"}, scratch.path());
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("given twice"));
}

}  // namespace
}  // namespace gemel::tests
