// SPDX-License-Identifier: Apache-2.0
// LOOP_WS of the later layout: operands that stay where they are, halves by id, own places, skipped streams.
#include "accelerator.h"
#include "loops.h"

enum { BLOCKS = 2, SIDE = BLOCKS * DIM, TILE = BLOCKS * BLOCKS * DIM };
enum { HALF = BANK_NUM * BANK_ROWS / 2, SUMS = ACC_ROWS / 2 };
enum { SKIP_A = 8, SKIP_B = 16, SKIP_D = 32, SKIP_PRODUCTS = 64, SKIP_STORE = 128, NEXT_HALF = 256, STAYS_LOCAL = 512 };
enum { SKIP_LOADS = SKIP_A | SKIP_B | SKIP_D };

typedef elem_t matrix[SIDE][SIDE];
static matrix a, b, a2, b2, c;
static acc_t d[SIDE][SIDE];

// Which half of the accumulator each stream takes next, and which slot the loop; a skipped stream does not move on.
static int half_of_d, half_of_products, half_of_store, slot;

typedef struct {
  const elem_t *a, *b;
  const acc_t* d;
  elem_t* c;
  int a_id, b_id, options, accumulate;
  int a_start, b_end;  // 0: the halves of the slot
} loop_ws;

static void run(loop_ws l) {
  const int moves = l.options & STAYS_LOCAL ? (l.options & NEXT_HALF) != 0 : l.c != NULL;
  FENCE();
  ISSUE(0, WORDS(0, BLOCKS, BLOCKS, BLOCKS), 9)
  ISSUE(l.a, l.b, 10)
  ISSUE(l.d, l.c, 11)
  ISSUE(SIDE, SIDE, 12)
  ISSUE(SIDE, SIDE, 13)
  ISSUE(l.b_end ? l.a_start : slot * HALF, l.b_end ? l.b_end : (slot + 1) * HALF, 24)
  ISSUE(l.a_id << 18 | l.b_id << 16 | l.accumulate, l.options, 8)
  FENCE();
  if (!(l.options & SKIP_D)) half_of_d ^= l.c != NULL;
  if (!(l.options & SKIP_PRODUCTS)) half_of_products ^= moves;
  if (!(l.options & SKIP_STORE)) half_of_store ^= moves;
  slot ^= 1;
}

static void check_result(int products, matrix left, matrix right, int bias) {
  for (int i = 0; i < SIDE; ++i)
    for (int j = 0; j < SIDE; ++j) {
      long long sum = bias ? d[i][j] : 0;
      for (int k = 0; k < SIDE; ++k) sum += products * left[i][k] * right[k][j];
      CHECK_AT(c[i][j], clip(sum), i, j);
    }
  memset(c, 0, sizeof c);
}

// The sums in a half of the accumulator, by commands.
static void store_sums(int half) {
  for (int i = 0; i < BLOCKS; ++i)
    for (int j = 0; j < BLOCKS; ++j) MVOUT(&c[i * DIM][j * DIM], ACC(half * SUMS + (i * BLOCKS + j) * DIM), DIM, DIM)
  FENCE();
}
static void load_tile(matrix from, int row) {
  for (int i = 0; i < BLOCKS; ++i) MVIN(&from[i * DIM][0], SPAD(row + i * SIDE), SIDE, DIM)
}

int main(void) {
  for (int i = 0; i < SIDE; ++i)
    for (int j = 0; j < SIDE; ++j) {
      a[i][j] = (elem_t)random_int(-3, 3);
      b[i][j] = (elem_t)random_int(-3, 3);
      a2[i][j] = (elem_t)random_int(-3, 3);
      b2[i][j] = (elem_t)random_int(-3, 3);
    }
  fill_int32(&d[0][0], SIDE * SIDE, 60);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_ST(SIDE, 0, float_bits(1.0f))
  CONFIG_LD(0, SIDE, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, SIDE, 1.0f, 0, DIM, 1)
  CONFIG_LD(2, SIDE * sizeof(acc_t), 1.0f, 0, DIM, 1)

  // A stays in the first half, B in the second: by a null address, by a skip bit; three loops, so both slots.
  run((loop_ws){.a = *a, .b = *b, .c = *c, .a_id = 1, .b_id = 2});
  check_result(1, a, b, 0);
  run((loop_ws){.b = *b2, .c = *c, .a_id = 1, .b_id = 2});
  check_result(1, a, b2, 0);
  run((loop_ws){.a = *a2, .b = *b, .c = *c, .a_id = 1, .b_id = 2, .options = SKIP_B});
  check_result(1, a2, b2, 0);
  // Ids the other way round.
  run((loop_ws){.a = *a, .b = *b, .d = *d, .c = *c, .a_id = 2, .b_id = 1, .accumulate = 1});
  check_result(1, a, b, 1);

  // D passes through: no products. Then products that nobody stores.
  run((loop_ws){.a = *a, .b = *b, .d = *d, .c = *c, .options = SKIP_A | SKIP_B | SKIP_PRODUCTS});
  check_result(0, a, b, 1);
  const int left_in = half_of_products;
  run((loop_ws){.a = *a2, .b = *b, .c = *c, .options = SKIP_D | SKIP_STORE});
  store_sums(left_in);
  check_result(1, a2, b, 0);
  CHECK(half_of_d == half_of_products && half_of_products == half_of_store, 1);
  // D alone, then products upon it: what its own stream would load is left out.
  run((loop_ws){.d = *d, .c = *c, .options = SKIP_A | SKIP_B | SKIP_PRODUCTS | SKIP_STORE});
  run((loop_ws){.a = *a, .b = *b2, .d = *d, .c = *c, .options = SKIP_D, .accumulate = 1});
  check_result(1, a, b2, 1);

  // Operands in places of the program's own, moved in by commands.
  enum { A_PLACE = 5 * DIM, B_PLACE = HALF - 3 * DIM };  // B across the halves
  load_tile(a2, A_PLACE);
  load_tile(b, B_PLACE);
  run((loop_ws){.a = *a, .b = *b2, .c = *c, .options = SKIP_A | SKIP_B, .a_start = A_PLACE, .b_end = B_PLACE + TILE});
  check_result(1, a2, b, 0);
  // The same without memory: sums stay in their half until it is told to move on; ids do not count.
  const int sums = half_of_products;
  const int local = SKIP_LOADS | SKIP_STORE | STAYS_LOCAL;
  run((loop_ws){.c = *c, .a_id = 2, .b_id = 1, .options = local, .a_start = A_PLACE, .b_end = B_PLACE + TILE});
  CHECK(half_of_products, sums);
  run((loop_ws){.options = local | NEXT_HALF, .accumulate = 1, .a_start = A_PLACE, .b_end = B_PLACE + TILE});
  CHECK(half_of_products, sums ^ 1);
  store_sums(sums);
  check_result(2, a2, b, 0);
  // With loads into the places that the products read.
  run((loop_ws){
      .a = *a, .b = *b2, .options = SKIP_D | SKIP_STORE | STAYS_LOCAL, .a_start = A_PLACE, .b_end = B_PLACE + TILE});
  store_sums(half_of_products);
  check_result(1, a, b2, 0);
  DONE();
}
