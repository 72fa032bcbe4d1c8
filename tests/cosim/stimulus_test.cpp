// SPDX-License-Identifier: Apache-2.0
// The stimulus of a bundle is what a test bench gets: it runs on both bodies, the host's work included.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

TEST(Stimulus, OfABundleReplaysOnBothBodies) {
  setenv("GEMEL_CACHE_DIR", GEMEL_TWIN_CACHE, 1);
  const ScratchDirectory scratch;
  scratch.write("small.yaml", R"(schema: workload/v1
name: small
inputs:
  - {name: image, shape: [1, 6, 6, 3]}
layers:
  - {name: stem, op: conv2d, out_channels: 8, kernel: 3, padding: 1, activation: relu}
  - {name: body, op: conv2d, out_channels: 8, kernel: 3, padding: 1, add: stem, activation: relu}
  - {name: flat, op: flatten}
  - {name: weights, op: softmax}
  - {name: logits, op: linear, out_features: 5}
)");
  const ChildResult compiled =
      run_gemel({"compile", "small.yaml", "-c", "tiny_4x4", "--bundle", "bundle"}, scratch.path());
  ASSERT_EQ(compiled.status, 0) << compiled.err;
  const ChildResult result = run_gemel({"cosim", "bundle/stimulus.rocc", "-c", "tiny_4x4"}, scratch.path());
  EXPECT_EQ(result.status, 0) << result.err << result.out;
  EXPECT_THAT(result.out, testing::HasSubstr("no difference"));
}

}  // namespace
}  // namespace gemel::tests
