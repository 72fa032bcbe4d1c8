// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/plan_cache.h"

#include <sstream>

namespace gemel::compiler {

std::string shape_key(const Contraction& w) {
  std::ostringstream key;
  const auto put = [&key](std::int64_t value) { key << value << ' '; };
  for (const std::int32_t v : {w.images, w.out_h, w.out_w, w.outputs, w.in_h, w.in_w, w.lanes, w.stride_y, w.stride_x,
                               w.pad_top, w.pad_left}) {
    put(v);
  }
  for (const Tap& tap : w.taps) put(std::int64_t{tap.dy} * 65536 + tap.dx);
  put(w.diagonal);
  put(static_cast<std::int64_t>(w.weight_layout));
  put(w.bias.has_value());
  put(w.bias_weights.has_value());
  put(w.residual.has_value());
  put(w.scale.has_value());
  put(w.output.y_stride == w.output.x_stride * w.out_w);
  if (w.pool) {
    for (const std::int32_t v :
         {w.pool->size, w.pool->stride, w.pool->pad_top, w.pool->pad_left, w.pool->out_h, w.pool->out_w}) {
      put(v);
    }
  }
  return key.str();
}

const TilePlan& PlanCache::plan(const Contraction& work, const Machine& machine) {
  const std::string key = shape_key(work);
  const auto found = plans_.find(key);
  if (found != plans_.end()) return found->second;
  TilePlan plan = choose_tiles(work, machine);
  verify_tiles(work, machine, plan);
  return plans_.emplace(key, std::move(plan)).first->second;
}

}  // namespace gemel::compiler
