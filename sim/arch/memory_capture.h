// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory as it is in the middle of a run: a program's tensors may share addresses, so what a layer left has to be
// looked at before another layer's result lies there.
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/arch/program.h"

namespace gemel::arch {

// Bytes to note down once `step` is done: a fence or a host operator, after which memory is at rest.
struct MemoryCapture {
  std::size_t step = 0;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

// Dense contents of tensors by name.
using TensorContents = std::unordered_map<std::string, std::vector<std::uint8_t>>;

// Where the result of each layer is whole and still there. Ascending by step; `tensors` names what each capture holds.
// A result that no fence or host operator follows is in memory at the end, and is not listed.
struct LayerResultPlan {
  std::vector<MemoryCapture> captures;
  std::vector<std::string> tensors;
};
LayerResultPlan plan_layer_results(const Program& program);

// `captured` holds the bytes of plan.captures, in order, or nothing at all (a run without data).
TensorContents named_contents(const LayerResultPlan& plan, std::vector<std::vector<std::uint8_t>> captured);

std::uint64_t tensor_bytes(const TensorPlace& place);

// The tensor's dense bytes: from `results`, else where it lies in `memory`, the program's region after the run.
const std::uint8_t* tensor_data(const Program& program, const std::vector<std::uint8_t>& memory,
                                const TensorContents& results, const TensorPlace& place);

}  // namespace gemel::arch
