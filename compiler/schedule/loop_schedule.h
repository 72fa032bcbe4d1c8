// SPDX-License-Identifier: Apache-2.0
#pragma once
// A contraction as a run of LOOP_WS instructions: the registers that all of them share, and one entry for each.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/schedule/operation.h"
#include "compiler/tile/loop_plan.h"
#include "sim/arch/loop_matmul.h"

namespace gemel::compiler {

// C = activation(scale · (A · B + D)) for i x j x k blocks, less the pads in the last ones.
struct LoopOp {
  BufferRef a, b;
  std::optional<BufferRef> d, c;  // without c the sums stay where they are
  std::uint16_t i = 0, j = 0, k = 0;
  std::uint16_t pad_i = 0, pad_j = 0, pad_k = 0;
  bool accumulate = false;  // onto d, or the sums of the loop before
  arch::Tile tile;          // of the result; positions of several image rows count on in x
};

struct LoopRun {
  arch::ConfigExecute execute;
  std::vector<arch::ConfigLoad> loads;  // A, B and, where there is a bias, D
  arch::ConfigStore store;
  std::uint64_t a_stride = 0, b_stride = 0, c_stride = 0;  // elements; D is one row
  bool full_c = false;
  std::vector<LoopOp> loops;
};

LoopRun schedule_loops(const Contraction& work, const Machine& machine, const LoopPlan& plan);

// The registers of one loop; buffers lie where `address_of` says.
template <typename AddressOf>
arch::MatmulLoop registers_of(const LoopRun& run, const LoopOp& op, AddressOf&& address_of) {
  arch::MatmulLoop loop;
  loop.i = op.i;
  loop.j = op.j;
  loop.k = op.k;
  loop.pad_i = op.pad_i;
  loop.pad_j = op.pad_j;
  loop.pad_k = op.pad_k;
  loop.a = address_of(op.a);
  loop.b = address_of(op.b);
  loop.d = op.d ? address_of(*op.d) : 0;
  loop.c = op.c ? address_of(*op.c) : 0;
  loop.a_stride = run.a_stride;
  loop.b_stride = run.b_stride;
  loop.c_stride = run.c_stride;
  loop.accumulate = op.accumulate;
  loop.full_c = run.full_c;
  loop.activation = run.store.activation;
  loop.b_transpose = run.execute.b_transpose;
  return loop;
}

std::string describe_loops(const LoopRun& run, std::size_t most_lines);

// Throws std::logic_error where a loop could not be unrolled.
void verify_loops(const LoopRun& run, const Machine& machine);

}  // namespace gemel::compiler
