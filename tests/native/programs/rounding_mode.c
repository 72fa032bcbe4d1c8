// SPDX-License-Identifier: Apache-2.0
// The program's rounding mode is its own: the machine rounds half to even whatever it is, and leaves it alone.
#include <fenv.h>

#include "accelerator.h"

static acc_t in[DIM][DIM];
static elem_t out[DIM][DIM];

int main(void) {
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) in[i][j] = i + j * 7 - 30;
  const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int mode = 0; mode < 4; ++mode) {
    fesetround(modes[mode]);
    CONFIG_LD(0, sizeof in[0], 1.0f, 0, DIM, 1)
    MVIN(in, ACC(0), DIM, DIM)
    CONFIG_ST(DIM, 0, float_bits(0.25f))
    MVOUT(out, ACC(0), DIM, DIM)
    CHECK(fegetround(), modes[mode]);
    fesetround(FE_TONEAREST);
    for (int i = 0; i < DIM; ++i)
      for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], clip(ROUND_NEAR_EVEN(in[i][j] / 4.0)), i, j);
  }
  DONE();
}
