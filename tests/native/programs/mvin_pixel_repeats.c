// SPDX-License-Identifier: Apache-2.0
// Rows repeated at lower rows and higher lanes, as the first layer of a network has them.
#include "accelerator.h"

#define CHANNELS 3
#define REPEATS (DIM / CHANNELS)
static elem_t in[DIM][CHANNELS], out[DIM][DIM], mirror[DIM + REPEATS][DIM];

int main(void) {
  fill_int8(&in[0][0], sizeof in);
  const int first = 2;  // less than the repeats: what would fall below row 0 is dropped
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  MVIN(NULL, SPAD(0), DIM, DIM)
  CONFIG_LD(0, CHANNELS, 1.0f, 0, DIM, REPEATS)
  MVIN(in, SPAD(first), CHANNELS, DIM - first)
  for (int i = 0; i < DIM - first; ++i)
    for (int copy = REPEATS - 1; copy >= 0; --copy)
      for (int j = 0; j < CHANNELS && copy * CHANNELS + j < DIM; ++j)
        if (i + first >= copy) mirror[i + first - copy][copy * CHANNELS + j] = in[i][j];
  MVOUT(out, SPAD(0), DIM, DIM)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], mirror[i][j], i, j);
  DONE();
}
