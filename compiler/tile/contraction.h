// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one form in which work reaches the array: a sum over taps and lanes,
//   out[image][y][x][n] = epilogue(sum over tap, lane: in[image][y·stride + tap.dy - pad][x·stride + tap.dx -
//   pad][lane] · B),
// which is a matrix product (one tap, one row of positions), a convolution (a tap per kernel element), a patch
// convolution (a tap per kernel row; the pixels of a row are lanes), a depthwise convolution (block-diagonal), an
// element-wise sum (B a multiple of the identity) and a sum over positions (the matrix of activations is B).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/arch/numerics.h"

namespace gemel::compiler {

using BufferId = std::uint32_t;  // a range of memory with an address of its own; see memory/memory_plan.h

// Bytes of `buffer` from `offset` on.
struct BufferRef {
  BufferId buffer = 0;
  std::int64_t offset = 0;
};

// An image operand: byte strides of a step in image, y and x; lanes are contiguous.
struct ImageRef {
  BufferRef base;
  std::int64_t image_stride = 0, y_stride = 0, x_stride = 0;
};

struct Tap {
  std::int32_t dy = 0, dx = 0;
};

enum class WeightLayout : std::uint8_t {
  Packed,      // in the order of weight_packing.h
  RowMajor,    // one matrix [lanes][outputs] with a row stride; one tap
  Transposed,  // one matrix [outputs][lanes] with a row stride; one tap; the array's transposer turns it
};

struct MaxPoolStep {
  std::int32_t size = 1, stride = 1, pad_top = 0, pad_left = 0;
  std::int32_t out_h = 0, out_w = 0;
};

struct Contraction {
  std::string name;
  // Output positions before pooling, and output channels.
  std::int32_t images = 1, out_h = 1, out_w = 1, outputs = 0;
  // A operand. Positions outside [0,in_h) x [0,in_w) read as zero.
  ImageRef input;
  std::int32_t in_h = 1, in_w = 1, lanes = 0;
  std::int32_t stride_y = 1, stride_x = 1, pad_top = 0, pad_left = 0;
  std::vector<Tap> taps{Tap{}};
  // Output block j depends on lane block j alone (depthwise, element-wise).
  bool diagonal = false;
  // B operand.
  BufferRef weights;
  WeightLayout weight_layout = WeightLayout::Packed;
  std::int64_t weight_stride = 0;  // RowMajor, Transposed
  // Epilogue: bias int32 [outputs]; residual (shape of the output before pooling) times the multiple of the identity
  // stored at residual_matrix [dim][dim].
  std::optional<BufferRef> bias;
  std::optional<ImageRef> residual;
  BufferRef residual_matrix;
  // The bias as a pass of its own: rows of bias_lanes [dim][dim], all equal, times bias_weights (one lane block,
  // packed) give it. Absent where it can not be written so.
  std::optional<BufferRef> bias_weights;
  BufferRef bias_lanes;
  arch::Activation activation = arch::Activation::None;
  std::optional<float> scale;  // none: 32-bit output
  std::optional<MaxPoolStep> pool;
  ImageRef output;  // after pooling

  std::int32_t taps_count() const { return static_cast<std::int32_t>(taps.size()); }
};

}  // namespace gemel::compiler
