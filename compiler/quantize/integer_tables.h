// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a model computes of its integer inputs, element by element, before numbers of any size come in: masks made of
// zeros and ones, mostly.
#include "compiler/quantize/float_run.h"
#include "compiler/quantize/graph_edit.h"

namespace gemel::compiler {

// Float values of this kind become rows of a table of 256 entries, Gather(table, input), then moved as before; and a
// Where that hides numbers by such a condition, or by a constant one, becomes the Add of a mask that is 0 or hides.
// Inputs must then be in -128 to 127. `shapes` are those of the model's values.
void tabulate_integers(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes);

// So far below everything that its exponential is 0: what masks of attention add.
inline constexpr float kHidden = -1000.0f;

}  // namespace gemel::compiler
