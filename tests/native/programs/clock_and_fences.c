// SPDX-License-Identifier: Apache-2.0
// The clock never stands still, a fence waits for what was issued, and the same work takes the same time.
#include "accelerator.h"
#include "products.h"

static uint64_t timed_load(void) {
  FENCE();
  const uint64_t start = read_clock();
  MVIN(a_data, SPAD(A_ROW), DIM, DIM)
  FENCE();
  return read_clock() - start;
}

int main(void) {
  uint64_t last = read_clock();
  for (int n = 0; n < 100; ++n) {
    const uint64_t now = read_clock();
    CHECK(now > last, 1);
    last = now;
  }
  load_operands(5);
  const uint64_t issued = read_clock();
  FENCE();
  const uint64_t done = read_clock();
  CHECK(issued - last >= 4, 1);  // a cycle a command at least
  CHECK(done > issued + DIM, 1);
  const uint64_t first = timed_load(), second = timed_load();
  CHECK(first, second);
  CHECK(first > DIM, 1);
  FLUSH(0)
  FLUSH(1);
  CLOCK_GATE(1)
  CLOCK_GATE(0);
  __asm__ volatile("fence rw, rw" ::: "memory");
  CHECK(read_clock() > done, 1);
  DONE();
}
