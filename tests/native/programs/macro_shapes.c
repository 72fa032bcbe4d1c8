// SPDX-License-Identifier: Apache-2.0
// Commands as programs write them: operands of every scalar type, with and without ';', several in a row, as the only
// statement of an if.
#include "accelerator.h"

static elem_t in[DIM][DIM], out[DIM][DIM];

int main(int argc, char** argv) {
  (void)argv;
  fill_int8(&in[0][0], sizeof in);
  const size_t stride = DIM;
  const uint32_t row = 5;
  const int funct_is_int = 0;
  ROCC_INSTRUCTION_0_R_R(3, float_bits(1.0f) << 32 | DIM << 16 | 1, stride, 0)
  ROCC_INSTRUCTION_0_R_R(3, 2, float_bits(1.0f) << 32 | stride, funct_is_int);
  if (argc > 0)
    ROCC_INSTRUCTION_0_R_R(3, in, BLOCK(row, DIM, DIM), 2)
  else
    ROCC_INSTRUCTION_0_R_R(3, NULL, BLOCK(row, DIM, DIM), 2)
  const void* to = out;
  ROCC_INSTRUCTION_0_R_R(3, to, BLOCK(row, DIM, DIM), 3)
  ROCC_INSTRUCTION_0_R_R(3, 1, 0, 7) ROCC_INSTRUCTION_0_R_R(3, 0, NULL, 7) size_t value = 99;
  uint32_t nothing;
  ROCC_INSTRUCTION(3, value, 0, nothing, 126)
  CHECK(value, 0);
  int read_again = 5;
  ROCC_INSTRUCTION_R_R_R(3, read_again, 1 << 4, nothing, 126);
  CHECK(read_again, 0);
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j) CHECK_AT(out[i][j], in[i][j], i, j);
  DONE();
}
