// SPDX-License-Identifier: Apache-2.0
// What libgemel_native shows of itself, beside the thunks.
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include <cstdlib>

#include "sim/native/include/gemel_native.h"
#include "sim/native/session.h"

#define GEMEL_ENTRY_POINT __attribute__((visibility("default")))

namespace {

// Addresses decide which requests memory sees; where the system lets us, they are the same in each run.
__attribute__((constructor(102))) void keep_addresses(int, char** argv, char** envp) {
  const char* wanted = std::getenv("GEMEL_RANDOM_ADDRESSES");
  if (wanted != nullptr && *wanted != '\0') return;
  const int old = personality(0xFFFFFFFF);
  if (old < 0 || (old & ADDR_NO_RANDOMIZE) != 0) return;
  if (personality(static_cast<unsigned long>(old) | ADDR_NO_RANDOMIZE) < 0) return;
  if ((personality(0xFFFFFFFF) & ADDR_NO_RANDOMIZE) == 0) return;
  execve("/proc/self/exe", argv, envp);
  personality(static_cast<unsigned long>(old));  // not possible here: addresses stay random
}

}  // namespace

extern "C" {

GEMEL_ENTRY_POINT void gemel_native_declare(const struct gemel_native_program* program) {
  gemel::sim::native_declare(*program);
}

GEMEL_ENTRY_POINT void gemel_native_command(unsigned funct, std::uint64_t rs1, std::uint64_t rs2) {
  gemel::sim::native_command({static_cast<std::uint8_t>(funct), rs1, rs2});
}

GEMEL_ENTRY_POINT std::uint64_t gemel_native_answered_command(unsigned funct, std::uint64_t rs1, std::uint64_t rs2) {
  return gemel::sim::native_answered_command({static_cast<std::uint8_t>(funct), rs1, rs2});
}

// Programs lock their memory since the accelerator does not take page faults; here it does, and limits are small.
GEMEL_ENTRY_POINT int mlockall(int) noexcept { return 0; }
GEMEL_ENTRY_POINT int munlockall() noexcept { return 0; }
}
