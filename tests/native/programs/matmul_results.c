// SPDX-License-Identifier: Apache-2.0
// Results into the scratchpad saturate, then ReLU; results into the accumulator do neither.
#include "accelerator.h"
#include "products.h"

#ifdef ACC_READ_FULL_WIDTH
static acc_t c_wide[DIM][DIM] row_align_acc(1);
#endif

int main(void) {
  load_operands(100);
  for (int relu = 0; relu < 2; ++relu) {
    CONFIG_EX(WEIGHT_STATIONARY, relu, 0, 1, 1, 0, 0)
    PRELOAD(SPAD(B_ROW), DIM, DIM, SPAD(C_ROW), DIM, DIM)
    COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
    store_scratchpad();
    int saturated = 0;
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j) {
        const int sum = clip(product(i, j, DIM, 0, 0));
        saturated += sum == 127 || sum == -128;
        CHECK_AT(c_data[i][j], relu && sum < 0 ? 0 : sum, i, j);
      }
    CHECK(saturated > 0, 1);
  }
#ifdef ACC_READ_FULL_WIDTH
  PRELOAD(SPAD(B_ROW), DIM, DIM, ACC(0), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  CONFIG_ST(sizeof c_wide[0], 0, float_bits(1.0f))
  MVOUT(c_wide, ACC_FULL(0), DIM, DIM)
  FENCE();
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(c_wide[i][j], product(i, j, DIM, 0, 0), i, j);
#endif
  DONE();
}
