// SPDX-License-Identifier: Apache-2.0
// Sums inside the array wrap at the width of its wires, output stationary at every step; here 20 bits at side 16.
#include "accelerator.h"
#include "products.h"

#define BITS (16 + __builtin_ctz(DIM))

int main(void) {
  memset(a_data, -128, sizeof a_data);
  memset(b_data, -128, sizeof b_data);
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  MVIN(a_data, SPAD(A_ROW), DIM, DIM)
  MVIN(b_data, SPAD(B_ROW), DIM, DIM)
  CONFIG_EX(OUTPUT_STATIONARY, 0, 0, 1, 1, 0, 0)
  for (int products = 1; products <= 5; ++products) {
    for (int n = 0; n < products; ++n) {
      PRELOAD(GARBAGE, DIM, DIM, n == products - 1 ? ACC(0) : GARBAGE, DIM, DIM)
      if (n == 0)
        COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, SPAD(B_ROW), DIM, DIM)
      else
        COMPUTE_ACCUMULATED(SPAD(A_ROW), DIM, DIM, SPAD(B_ROW), DIM, DIM)
    }
    CONFIG_ST(DIM, 0, float_bits(1.0f / (DIM * 16384)))
    MVOUT(c_data, ACC(0), DIM, DIM)
    FENCE();
    const long long all = (long long)products * DIM * 16384;
    const long long wrapped = ((all + (1LL << (BITS - 1))) & ((1LL << BITS) - 1)) - (1LL << (BITS - 1));
    CHECK(c_data[0][0], clip(ROUND_NEAR_EVEN((double)wrapped / (DIM * 16384))));
    CHECK(c_data[DIM - 1][DIM - 1], c_data[0][0]);
  }
  DONE();
}
