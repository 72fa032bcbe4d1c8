// SPDX-License-Identifier: Apache-2.0
// Scales of mvins: identity, zero, negative, halves (ties to even), large (saturation), one for each load state.
#include "accelerator.h"

static elem_t in[DIM][DIM], out[DIM][DIM];

static void check_scale(float scale, int state) {
  CONFIG_LD(state, DIM, scale, 0, DIM, 1)
  if (state == 0) MVIN(in, SPAD(0), DIM, DIM)
  if (state == 1) MVIN2(in, SPAD(0), DIM, DIM)
  if (state == 2) MVIN3(in, SPAD(0), DIM, DIM)
  MVOUT(out, SPAD(0), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], MVIN_SCALE(in[i][j], scale), i, j);
}

int main(void) {
  fill_int8(&in[0][0], sizeof in);
  in[0][0] = 1, in[0][1] = 3, in[0][2] = -1, in[0][3] = -128;  // halves on both sides of even
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  check_scale(1.0f, 0);
  check_scale(0.0f, 1);
  check_scale(-1.0f, 2);
  check_scale(0.5f, 0);
  check_scale(1.5f, 1);
  check_scale(1e6f, 2);
  check_scale(0.0078125f, 0);
  DONE();
}
