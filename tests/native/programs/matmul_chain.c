// SPDX-License-Identifier: Apache-2.0
// Each product's result in the scratchpad is an operand of the next: every command depends on the one before.
#include "accelerator.h"
#include "products.h"

static int reference[DIM][DIM], next[DIM][DIM];

int main(void) {
  load_operands(2);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) reference[i][j] = a_data[i][j];
  const int from[] = {A_ROW, C_ROW, C_ROW + DIM};
  for (int step = 0; step < 6; ++step) {
    const int source = step == 0 ? A_ROW : from[1 + (step - 1) % 2], target = from[1 + step % 2];
    PRELOAD(SPAD(B_ROW), DIM, DIM, SPAD(target), DIM, DIM)
    COMPUTE_PRELOADED(SPAD(source), DIM, DIM, GARBAGE, DIM, DIM)
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j) {
        long long sum = 0;
        for (int k = 0; k < DIM; ++k) sum += reference[i][k] * b_data[k][j];
        next[i][j] = clip(sum);
      }
    memcpy(reference, next, sizeof next);
  }
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  MVOUT(c_data, SPAD(C_ROW + DIM), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(c_data[i][j], reference[i][j], i, j);
  DONE();
}
