// SPDX-License-Identifier: Apache-2.0
// Programs lock their memory first and give up where that fails; arguments arrive.
#include <sys/mman.h>

#include "accelerator.h"

int main(int argc, char** argv) {
  CHECK(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
  CHECK(munlockall(), 0);
  CHECK(argc >= 1, 1);
  for (int n = 1; n < argc; ++n) CHECK(argv[n] != NULL, 1);
  if (argc > 1) CHECK(strcmp(argv[1], "an argument"), 0);
  DONE();
}
