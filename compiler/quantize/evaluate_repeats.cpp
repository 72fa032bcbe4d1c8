// SPDX-License-Identifier: Apache-2.0
// Tile, and what moves elements between channels and places of an image.
#include <cstring>

#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

// Elements of the result in order, each copied from the element of x that `source` names by its position.
template <typename Source>
OnnxTensor chosen(const Operands& in, const OnnxShape& shape, Source source) {
  const OnnxTensor& x = in.at(0);
  const std::size_t bytes = onnx_type_bytes(x.type);
  if (bytes == 0) in.fail(std::string("can not move ") + onnx_type_name(x.type));
  const OnnxShape strides = row_major_strides(x.shape);
  OnnxTensor result{x.type, shape, std::vector<std::uint8_t>(in.checked_count(shape) * bytes)};
  OnnxShape at(shape.size(), 0);
  for (std::size_t i = 0; i < result.data.size(); i += bytes) {
    std::int64_t from = 0;
    const OnnxShape place = source(at);
    for (std::size_t d = 0; d < place.size(); ++d) from += place[d] * strides[d];
    std::memcpy(&result.data[i], &x.data[static_cast<std::size_t>(from) * bytes], bytes);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++at[d] < shape[d]) break;
      at[d] = 0;
    }
  }
  return result;
}

}  // namespace

OnnxTensors evaluate_tile(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::vector<std::int64_t> repeats = in.integers(1);
  if (repeats.size() != from.size()) in.fail("expected one number of repeats for each dimension");
  OnnxShape shape = from;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (repeats[d] < 1 || repeats[d] > 65536) in.fail("repeats must be in 1..65536");
    in.checked_count({shape[d], repeats[d]});
    shape[d] *= repeats[d];
  }
  return {chosen(in, shape, [&](OnnxShape at) {
    for (std::size_t d = 0; d < at.size(); ++d) at[d] %= from[d];
    return at;
  })};
}

OnnxTensors evaluate_depth_space(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::int64_t block = in.node().int_or("blocksize", 0);
  if (from.size() != 4 || block < 1 || block > 65536) in.fail("expected an image and a blocksize of at least 1");
  if (in.node().op_type == "SpaceToDepth") {
    if (from[2] % block != 0 || from[3] % block != 0) in.fail("the blocksize does not divide height and width");
    in.checked_count({from[1], block, block});
    const OnnxShape shape{from[0], from[1] * block * block, from[2] / block, from[3] / block};
    return {chosen(in, shape, [&](const OnnxShape& at) {
      const std::int64_t place = at[1] / from[1];
      return OnnxShape{at[0], at[1] % from[1], at[2] * block + place / block, at[3] * block + place % block};
    })};
  }
  if (from[1] % (block * block) != 0) in.fail("the square of the blocksize does not divide the channels");
  const bool is_column_first = in.node().string_or("mode", "DCR") == "CRD";
  const std::int64_t channels = from[1] / (block * block);
  const OnnxShape shape{from[0], channels, from[2] * block, from[3] * block};
  return {chosen(in, shape, [&](const OnnxShape& at) {
    const std::int64_t place = at[2] % block * block + at[3] % block;
    const std::int64_t channel = is_column_first ? at[1] * block * block + place : place * channels + at[1];
    return OnnxShape{at[0], channel, at[2] / block, at[3] / block};
  })};
}

}  // namespace gemel::compiler
