// SPDX-License-Identifier: Apache-2.0
// A command stream of ResNet-50's size: each of its convolutions as a matrix product (pixels x taps x channels), tiled
// for loop instructions, with real data. scripts/bench_native compiles and times it.
#include <time.h>

#include "accelerator.h"
#include "loops.h"

typedef struct {
  int pixels, taps, channels, times;
} layer;

// Output pixels, products for each of them, output channels; how often.
static const layer layers[] = {
    {12544, 147, 64, 1}, {3136, 64, 64, 1},   {3136, 576, 64, 3},  {3136, 64, 256, 4},  {3136, 256, 64, 2},
    {3136, 256, 128, 1}, {784, 1152, 128, 4}, {784, 128, 512, 4},  {784, 512, 128, 3},  {784, 256, 512, 1},
    {784, 512, 256, 1},  {196, 2304, 256, 6}, {196, 256, 1024, 6}, {196, 1024, 256, 5}, {196, 512, 1024, 1},
    {196, 1024, 512, 1}, {49, 4608, 512, 3},  {49, 512, 2048, 3},  {49, 2048, 512, 2},  {49, 1024, 2048, 1},
    {1, 2048, 1000, 1},
};
static elem_t a[12544 * 147 + 4096] row_align(1), b[4608 * 512 + 4096] row_align(1), c[3136 * 256 + 4096] row_align(1);
static acc_t bias[2048];

static int at_most(int value, int limit) { return value < limit ? value : limit; }
static int blocks(int elements) { return (elements + DIM - 1) / DIM; }

static void run_layer(const layer* l) {
  const int most_rows = BANK_NUM * BANK_ROWS / 2 / DIM, most_sums = ACC_ROWS / 2 / DIM;
  int side = 1;
  while ((side + 1) * (side + 1) <= most_sums) ++side;
  const int tile_i = at_most(blocks(l->pixels), side);
  const int tile_j = at_most(blocks(l->channels), most_sums / tile_i);
  const int tile_k = at_most(blocks(l->taps), most_rows / (tile_i + tile_j));
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_ST(l->channels, 1, float_bits(0.01f))
  CONFIG_LD(0, l->taps, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, l->channels, 1.0f, 0, DIM, 1)
  CONFIG_LD(2, 0, 1.0f, 0, DIM, 1)
  for (int i = 0; i < blocks(l->pixels); i += tile_i)
    for (int j = 0; j < blocks(l->channels); j += tile_j)
      for (int k = 0; k < blocks(l->taps); k += tile_k) {
        const int rows = at_most(tile_i, blocks(l->pixels) - i), cols = at_most(tile_j, blocks(l->channels) - j);
        const int depth = at_most(tile_k, blocks(l->taps) - k);
        const int first = k == 0, last = k + depth == blocks(l->taps);
        const int pad_i = i + rows == blocks(l->pixels) ? (i + rows) * DIM - l->pixels : 0;
        const int pad_j = j + cols == blocks(l->channels) ? (j + cols) * DIM - l->channels : 0;
        const int pad_k = last ? (k + depth) * DIM - l->taps : 0;
        LOOP_WS(rows, cols, depth, pad_i, pad_j, pad_k, &a[i * DIM * l->taps + k * DIM],
                &b[k * DIM * l->channels + j * DIM], first ? &bias[j * DIM] : NULL,
                last ? &c[i * DIM * l->channels + j * DIM] : NULL, l->taps, l->channels, 0, l->channels, 0, 0, 0, 0, 1,
                1)
      }
  FENCE();
}

// One row of results, on the host.
static void check_layer(const layer* l, int row) {
  for (int j = 0; j < l->channels; j += 7) {
    long long sum = bias[j];
    for (int k = 0; k < l->taps; ++k) sum += a[row * l->taps + k] * b[k * l->channels + j];
    CHECK_AT(c[row * l->channels + j], ACC_SCALE(sum < 0 ? 0 : sum, 0.01f), row, j);
  }
}

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(void) {
  fill_int8(a, sizeof a);
  fill_int8(b, sizeof b);
  fill_int32(bias, 2048, 10000);
  const uint64_t start = read_clock();
  const double wall = seconds(CLOCK_MONOTONIC), here = seconds(CLOCK_THREAD_CPUTIME_ID);
  const double all = seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (unsigned n = 0; n < sizeof layers / sizeof *layers; ++n)
    for (int time = 0; time < layers[n].times; ++time) {
      run_layer(&layers[n]);
      check_layer(&layers[n], layers[n].pixels - 1);
      check_layer(&layers[n], layers[n].pixels / 2);
    }
  const uint64_t cycles = read_clock() - start;
  const double data = seconds(CLOCK_THREAD_CPUTIME_ID) - here;
  printf("%llu cycles in %.3f s; processor time: %.3f s for data, %.3f s for timing\n", (unsigned long long)cycles,
         seconds(CLOCK_MONOTONIC) - wall, data, seconds(CLOCK_PROCESS_CPUTIME_ID) - all - data);
  DONE();
}
