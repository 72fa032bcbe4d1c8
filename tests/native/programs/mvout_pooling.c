// SPDX-License-Identifier: Apache-2.0
// Max-pooling in the store: an image in the accumulator, windows with padding; what lies outside counts as 0.
#include "accelerator.h"

#define SIDE 6
static acc_t in[SIDE * SIDE][DIM];
static elem_t out[SIDE * SIDE][DIM];

static void check_pooling(int size, int step, int pad, int relu) {
  const int side = (SIDE + 2 * pad - size) / step + 1;
  memset(out, 99, sizeof out);
  CONFIG_ST_POOL(DIM, relu, float_bits(0.5f), step, size, pad, pad, side, side, side, SIDE, SIDE)
  MVOUT(out, ACC(8), DIM, 1)
  for (int r = 0; r < side; ++r)
    for (int c = 0; c < side; ++c)
      for (int lane = 0; lane < DIM; ++lane) {
        int best = -128;
        for (int w = 0; w < size * size; ++w) {
          const int row = r * step - pad + w / size, col = c * step - pad + w % size;
          int value = 0;
          if (row >= 0 && col >= 0 && row < SIDE && col < SIDE) {
            value = in[row * SIDE + col][lane];
            if (relu && value < 0) value = 0;
            value = clip(ROUND_NEAR_EVEN(value * 0.5f));
          }
          if (value > best) best = value;
        }
        CHECK_AT(out[r * side + c][lane], best, r * side + c, lane);
      }
}

int main(void) {
  fill_int32(&in[0][0], SIDE * SIDE * DIM, 200);
  CONFIG_LD(0, sizeof in[0], 1.0f, 0, DIM, 1)
  for (int first = 0; first < SIDE * SIDE; first += DIM) {
    const int rows = SIDE * SIDE - first < DIM ? SIDE * SIDE - first : DIM;
    MVIN(in[first], ACC(8 + first), DIM, rows)
  }
  check_pooling(2, 2, 0, 0);
  check_pooling(3, 1, 1, 0);
  check_pooling(3, 2, 1, 1);
  check_pooling(2, 3, 0, 1);
  // Pooling off again.
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  MVOUT(out, ACC(8), DIM, 2)
  for (int j = 0; j < DIM; ++j) CHECK_AT(out[1][j], clip(in[1][j]), 1, j);
  DONE();
}
