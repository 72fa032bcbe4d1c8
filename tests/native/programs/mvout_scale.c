// SPDX-License-Identifier: Apache-2.0
// Accumulator to int8: activation, then scale, half to even, saturating; a scale of all ones keeps the old one.
#include "accelerator.h"

static acc_t in[DIM][DIM];
static elem_t out[DIM][DIM];

static int expected(long long value, float scale, int relu) {
  if (relu && value < 0) value = 0;  // before the scale, as the hardware has it
  const float product = (float)value * scale;
  return product >= 127 ? 127 : product <= -128 ? -128 : (int)ROUND_NEAR_EVEN(product);
}

static void check_all(float scale, int relu) {
  MVOUT(out, ACC(16), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], expected(in[i][j], scale, relu), i, j);
}

int main(void) {
  fill_int32(&in[0][0], DIM * DIM, 3000);
  in[0][0] = 1, in[0][1] = 3, in[0][2] = -5, in[0][3] = 2147483647;
  CONFIG_LD(0, DIM * sizeof(acc_t), 1.0f, 0, DIM, 1)
  MVIN(in, ACC(16), DIM, DIM)
  const float scales[] = {1.0f, 0.5f, 0.03f, -0.25f, 0.0f, 70000.0f};
  for (unsigned n = 0; n < sizeof scales / sizeof *scales; ++n)
    for (int relu = 0; relu < 2; ++relu) {
      CONFIG_ST(DIM, relu, float_bits(scales[n]))
      check_all(scales[n], relu);
      CONFIG_ST(DIM, !relu, KEEP_SCALE)
      check_all(scales[n], !relu);
    }
  DONE();
}
