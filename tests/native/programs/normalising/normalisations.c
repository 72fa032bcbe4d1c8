// SPDX-License-Identifier: Apache-2.0
// Igelu, layernorm and softmax, by mvouts that gather statistics and by a loop. For a machine with normalisations.
#include "accelerator.h"
#include "loops.h"

#ifndef HAS_NORMALIZATIONS
#error "the machine has no normalisations"
#endif

#define CONFIG_NORM(stats_id, only_id, third_bit, inverse_ln2, q_const, qb, qc)                           \
  ISSUE((uint64_t)(uint32_t)(q_const) << 32 | (uint64_t)(inverse_ln2) << 18 | (uint64_t)(only_id) << 17 | \
            (uint64_t)(third_bit) << 16 | (uint64_t)(stats_id) << 8 | 3,                                  \
        (uint64_t)(uint32_t)(qc) << 32 | (uint32_t)(qb), 0)
enum { WRITE, SUM, MEAN, VARIANCE, INVERSE_DEVIATION, MAXIMUM, SUM_EXP, INVERSE_SUM_EXP };
#define WITH(command, local) ((uint32_t)(local) | (uint32_t)(command) << 26)

enum { LINES = 6, COLUMNS = 3 * DIM - 2, LAYERNORM = 2, IGELU = 3, SOFTMAX = 4 };
static acc_t in[LINES][3 * DIM];
static elem_t out[LINES][3 * DIM];
static const int qb = 450, qc = 90000, qln2 = 231, gelu_b = -700, gelu_c = -50000;

static int scaled(double value, float scale) {
  const float product = (float)(int)value * scale;
  return product >= 127 ? 127 : product <= -128 ? -128 : (int)ROUND_NEAR_EVEN(product);
}
static int igelu(int q) {
  const int magnitude = q < 0 ? -q : q, d = (magnitude > -gelu_b ? -gelu_b : magnitude) + gelu_b;
  const int polynomial = d * d + gelu_c;
  return q * ((q < 0 ? -polynomial : polynomial) + gelu_c);
}
static int exponential(int q) {
  const int z = (-q * (65536 / qln2)) >> 16, d = q + z * qln2 + qb;
  return (d * d + qc) >> z;
}

// Row r of `from` as the machine has to leave it.
static void expect_row(const acc_t* row, int columns, int activation, float scale, elem_t* expected) {
  long long sum = 0, squares = 0, exponentials = 0, root = 0;
  int maximum = row[0];
  for (int c = 0; c < columns; ++c) sum += row[c], maximum = row[c] > maximum ? row[c] : maximum;
  const int mean = (int)(sum / columns);
  for (int c = 0; c < columns; ++c) {
    squares += (long long)(row[c] - mean) * (row[c] - mean);
    exponentials += exponential(row[c] - maximum);
  }
  while ((root + 1) * (root + 1) <= squares / columns) ++root;
  const float inverse_deviation = 1.0f / (float)(root == 0 ? 1 : root), inverse_sum = 127.0f / (float)exponentials;
  for (int c = 0; c < columns; ++c) {
    double value = row[c];
    if (activation == LAYERNORM) value = (int)((float)(row[c] - mean) * inverse_deviation);
    if (activation == IGELU) value = igelu(row[c]);
    if (activation == SOFTMAX) value = scaled(exponential(row[c] - maximum), inverse_sum);
    expected[c] = (elem_t)scaled(value, scale);
  }
}

static void configure(int activation, float scale) {
  CONFIG_ST(3 * DIM, activation & 3, float_bits(scale))
  if (activation == IGELU) {
    CONFIG_NORM(0, 0, 0, 0, 0, gelu_b, gelu_c)
  } else if (activation == SOFTMAX) {
    CONFIG_NORM(0, 0, 1, 0, qln2, qb, qc)
    CONFIG_NORM(0, 0, 1, 1, 65536 / qln2, qb, qc)
  }
}

static void check_rows(const char* what, int columns, int activation, float scale) {
  FENCE();
  for (int r = 0; r < LINES; ++r) {
    elem_t expected[3 * DIM];
    expect_row(in[r], columns, activation, scale, expected);
    for (int c = 0; c < columns; ++c) check_at(out[r][c], expected[c], what, r, c, activation);
  }
  memset(out, 0x55, sizeof out);
}

// Rows one by one, in blocks of one mvout, each with a context of its own.
static void by_commands(int columns, int activation, float scale) {
  const int passes[][3] = {{WRITE, WRITE, WRITE}, {MEAN, INVERSE_DEVIATION, WRITE}, {MAXIMUM, INVERSE_SUM_EXP, WRITE}};
  const int* pass = passes[activation == LAYERNORM ? 1 : activation == SOFTMAX ? 2 : 0];
  configure(activation, scale);
  for (int p = activation == IGELU ? 2 : 0; p < 3; ++p)
    for (int r = 0; r < 4; ++r) {
      CONFIG_NORM(r, 1, 0, 0, 0, 0, 0)
      MVOUT(out[r], WITH(pass[p], ACC(r)), columns, 1)
    }
  for (int r = 4; r < LINES; ++r)
    for (int p = activation == IGELU ? 2 : 0; p < 3; ++p) MVOUT(out[r], WITH(pass[p], ACC(r)), columns, 1)
  check_rows("by commands", columns, activation, scale);
}

// The same as the store of a product with the identity: C = D, rows ragged.
static void by_loop(int columns, int activation, float scale) {
  static elem_t zeros[DIM][3 * DIM];
  const int blocks = (columns + DIM - 1) / DIM;
  CONFIG_EX(WEIGHT_STATIONARY, activation & 3, 0, 1, 1, 0, 0)
  CONFIG_LD(0, 3 * DIM, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, 3 * DIM, 1.0f, 0, DIM, 1)
  CONFIG_LD(2, 3 * DIM * sizeof(acc_t), 1.0f, 0, DIM, 1)
  configure(activation, scale);
  LOOP_WS(1, blocks, 1, DIM - LINES, blocks * DIM - columns, 0, zeros, zeros, in, out, 3 * DIM, 3 * DIM, 3 * DIM,
          3 * DIM, 0, 0, 0, 0, 1, activation)
  check_rows("by a loop", columns, activation, scale);
}

int main(void) {
  for (int r = 0; r < LINES; ++r)
    for (int c = 0; c < 3 * DIM; ++c) in[r][c] = random_int(-1500, 1500) + 200 * r;
  const int lengths[] = {1, DIM - 1, DIM, DIM + 1, COLUMNS};
  for (unsigned n = 0; n < sizeof lengths / sizeof *lengths; ++n) {
    const int columns = lengths[n];
    CONFIG_LD(0, 3 * DIM * sizeof(acc_t), 1.0f, 0, DIM, 1)
    for (int c = 0; c < columns; c += DIM) MVIN(&in[0][c], ACC(c), columns - c < DIM ? columns - c : DIM, LINES)
    by_commands(columns, LAYERNORM, 40.0f);
    by_commands(columns, IGELU, 1e-6f);
    by_commands(columns, SOFTMAX, 1.0f);
    by_loop(columns, LAYERNORM, 35.0f);
    by_loop(columns, IGELU, 2e-6f);
    by_loop(columns, SOFTMAX, 0.9f);
  }
  DONE();
}
