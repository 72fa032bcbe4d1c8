// SPDX-License-Identifier: Apache-2.0
// LOOP_CONV_WS of the later layout: weights or input stay in the half that an id names, by a null address.
#include "accelerator.h"
#include "loops.h"

enum { SIDE = 5, PIXELS = SIDE * SIDE, IN = DIM + 3, OUT = 2 * DIM - 1 };
static elem_t input[PIXELS][IN], other_input[PIXELS][IN], weights[IN][OUT], other_weights[IN][OUT], output[PIXELS][OUT];
static acc_t bias[OUT];

static void run(const elem_t* from, const elem_t* by, int input_id, int weights_id) {
  const conv_loop loop = {.batch = 1,
                          .in_dim = SIDE,
                          .in_channels = IN,
                          .out_channels = OUT,
                          .out_dim = SIDE,
                          .stride = 1,
                          .kernel_dim = 1,
                          .kernel_dilation = 1,
                          .input = from,
                          .weights = by,
                          .bias = bias,
                          .output = *output,
                          .pixels = 1,
                          .no_pool = 1,
                          .weights_id = weights_id,
                          .input_id = input_id};
  memset(output, 0, sizeof output);
  loop_conv(&loop);
  FENCE();
}

static void check_result(elem_t x[PIXELS][IN], elem_t w[IN][OUT]) {
  for (int p = 0; p < PIXELS; ++p)
    for (int n = 0; n < OUT; ++n) {
      long long sum = bias[n];
      for (int k = 0; k < IN; ++k) sum += x[p][k] * w[k][n];
      CHECK_AT(output[p][n], clip(sum), p, n);
    }
}

int main(void) {
  for (int k = 0; k < IN; ++k)
    for (int p = 0; p < PIXELS; ++p) {
      input[p][k] = (elem_t)random_int(-4, 4);
      other_input[p][k] = (elem_t)random_int(-4, 4);
    }
  for (int k = 0; k < IN; ++k)
    for (int n = 0; n < OUT; ++n) {
      weights[k][n] = (elem_t)random_int(-4, 4);
      other_weights[k][n] = (elem_t)random_int(-4, 4);
    }
  fill_int32(bias, OUT, 50);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_ST(OUT, 0, float_bits(1.0f))
  run(*input, *weights, 1, 2);
  check_result(input, weights);
  run(*other_input, NULL, 1, 2);
  check_result(other_input, weights);
  run(NULL, *other_weights, 1, 2);
  check_result(other_input, other_weights);
  run(*input, *weights, 2, 1);
  check_result(input, weights);
  run(NULL, NULL, 2, 1);
  check_result(input, weights);
  DONE();
}
