// SPDX-License-Identifier: Apache-2.0
#pragma once
// Softmax of scores with something added before: a mask, a bias of positions. The sum is not rounded to int8.
#include "compiler/quantize/graph_edit.h"

namespace gemel::compiler {

struct MaskedSoftmax {
  std::string sum;     // of scores and mask; only the Softmax reads it
  std::string scores;  // of the sum's shape
  std::string mask;
  // Where the mask does not depend on numbers of the network, what it is made of: constants, rows of tables, the mask
  // itself.
  std::vector<std::string> mask_values;
  bool hides = false;  // some of these are kHidden or less
  float bias = 0;      // the largest magnitude of the others
};

// Softmax(Add(scores, mask)) along the last dimension; shapes are the model's notes.
std::vector<MaskedSoftmax> find_masked_softmax(GraphEdit& edit);

// Softmax(Reshape(Add)) becomes Reshape(Softmax(Add)) where rows stay rows.
void move_reshapes_behind_softmax(GraphEdit& edit);

}  // namespace gemel::compiler
