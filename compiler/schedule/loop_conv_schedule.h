// SPDX-License-Identifier: Apache-2.0
#pragma once
// A contraction as a run of LOOP_CONV_WS instructions: the registers of each but for its addresses, which are symbolic.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/schedule/operation.h"
#include "compiler/tile/loop_conv_plan.h"

namespace gemel::compiler {

// Results = activation(scale · (bias + input * weights)); loops that add up to the same results follow each other.
struct ConvLoopOp {
  arch::ConvLoop registers;
  BufferRef input, weights;       // the weights in the order of conv_weight_order()
  std::optional<BufferRef> bias;  // read in the first loop of a sum
  bool starts = true;             // from the bias or zero; else from the sums of the loop before
  std::optional<BufferRef> output;
  arch::Tile tile;
};

struct ConvLoopRun {
  arch::ConfigExecute execute;
  arch::ConfigStore store;
  BufferRef weights;
  ConvWeightOrder order;
  std::vector<ConvLoopOp> loops;
};

ConvLoopRun schedule_conv_loops(const Contraction& work, const Machine& machine, const ConvLoopPlan& plan);

// The registers of one loop; buffers lie where `address_of` says.
template <typename AddressOf>
arch::ConvLoop registers_of(const ConvLoopOp& op, AddressOf&& address_of) {
  arch::ConvLoop loop = op.registers;
  loop.input = address_of(op.input);
  loop.weights = address_of(op.weights);
  // Without a bias of its own a loop that starts a sum still needs an address here: that it is not zero has zeros
  // loaded, which are read nowhere.
  loop.bias = !op.starts ? 0 : op.bias ? address_of(*op.bias) : loop.weights;
  loop.output = op.output ? address_of(*op.output) : 0;
  return loop;
}

std::string describe_loops(const ConvLoopRun& run, std::size_t most_lines);

// Throws std::logic_error where a loop could not be unrolled.
void verify_loops(const ConvLoopRun& run, const Machine& machine);

}  // namespace gemel::compiler
