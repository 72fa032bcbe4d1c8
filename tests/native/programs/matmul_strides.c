// SPDX-License-Identifier: Apache-2.0
// A stride of local rows for A and for C; set_only_strides leaves the rest of the configuration alone.
#include "accelerator.h"
#include "products.h"

static elem_t spread[2 * DIM][DIM];

int main(void) {
  load_operands(5);
  CONFIG_LD(1, 2 * DIM, 1.0f, 0, DIM, 1)
  MVIN2(spread, SPAD(4 * DIM), DIM, DIM)  // something below, then A in every second row
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  for (int i = 0; i < DIM; ++i) MVIN(a_data[i], SPAD(4 * DIM + 2 * i), DIM, 1)
  CONFIG_EX(WEIGHT_STATIONARY, 1, 0, 1, 1, 0, 0)
  CONFIG_EX_STRIDES(2, 2)
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  for (int i = 0; i < 2 * DIM; i += DIM) MVIN(NULL, SPAD(8 * DIM + i), DIM, DIM)
  PRELOAD(SPAD(B_ROW), DIM, DIM, SPAD(8 * DIM), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(4 * DIM), DIM, DIM, GARBAGE, DIM, DIM)
  for (int i = 0; i < 2 * DIM; i += DIM) MVOUT(spread[i], SPAD(8 * DIM + i), DIM, DIM)
  FENCE();
  for (int i = 0; i < 2 * DIM; ++i)
    for (int j = 0; j < DIM; ++j) {
      const long long sum = i % 2 ? 0 : product(i / 2, j, DIM, 0, 0);
      CHECK_AT(spread[i][j], clip(sum < 0 ? 0 : sum), i, j);  // ReLU is still on
    }
  DONE();
}
