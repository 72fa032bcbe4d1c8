// SPDX-License-Identifier: Apache-2.0
// Counters: 0 after configuration, they advance, a snapshot freezes them until it is released, a reset clears them.
#include "accelerator.h"
#include "products.h"

enum { LOAD_ACTIVE = 9, STORE_ACTIVE = 12, READ_DMA_ACTIVE = 18, WRITE_DMA_ACTIVE = 21, EXECUTE_ACTIVE = 24 };
enum { BYTES_READ = 4, BYTES_WRITTEN = 5 };

int main(void) {
  COUNTER_RESET();
  COUNTER_CONFIGURE(0, LOAD_ACTIVE);
  COUNTER_CONFIGURE(1, EXECUTE_ACTIVE);
  COUNTER_CONFIGURE(7, STORE_ACTIVE);
  COUNTER_CONFIGURE_EXTERNAL(2, BYTES_READ);
  COUNTER_CONFIGURE_EXTERNAL(3, BYTES_WRITTEN);
  for (int n = 0; n < 8; ++n) CHECK(COUNTER_READ(n), 0);

  load_operands(5);
  FENCE();
  const uint32_t loads = COUNTER_READ(0), bytes = COUNTER_READ(2);
  CHECK(loads >= 3 * DIM, 1);  // a row a cycle
  CHECK(bytes >= 3 * DIM * DIM, 1);
  CHECK(COUNTER_READ(1), 0);
  CHECK(COUNTER_READ(3), 0);

  COUNTER_SNAPSHOT();
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  PRELOAD(SPAD(B_ROW), DIM, DIM, ACC(0), DIM, DIM)
  COMPUTE_PRELOADED(SPAD(A_ROW), DIM, DIM, GARBAGE, DIM, DIM)
  store_narrow();
  CHECK(COUNTER_READ(0), loads);
  CHECK(COUNTER_READ(1), 0);
  CHECK(COUNTER_READ(3), 0);
  COUNTER_RELEASE();
  CHECK(COUNTER_READ(0), loads);
  CHECK(COUNTER_READ(1) >= DIM, 1);
  CHECK(COUNTER_READ(3) >= DIM * DIM, 1);
  CHECK(COUNTER_READ(7) >= DIM, 1);

  COUNTER_CONFIGURE(0, LOAD_ACTIVE);  // begins at 0 again
  CHECK(COUNTER_READ(0), 0);
  COUNTER_RESET();
  for (int n = 0; n < 8; ++n) CHECK(COUNTER_READ(n), 0);
  DONE();
}
