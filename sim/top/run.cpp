// SPDX-License-Identifier: Apache-2.0
#include "sim/top/run.h"

#ifdef __SANITIZE_ADDRESS__
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#endif

#include <chrono>
#include <cstdlib>
#include <memory>
#include <systemc>

#include "sim/top/system.h"

// libsystemc's own main() wants it; nobody calls it.
__attribute__((visibility("default"))) int sc_main(int, char*[]) { return 0; }

namespace gemel::sim {

namespace {

// The kernel elaborates once per context, so each run has a new one.
class KernelContext {
 public:
  KernelContext() : previous_(sc_core::sc_curr_simcontext), context_(std::make_unique<sc_core::sc_simcontext>()) {
    sc_core::sc_curr_simcontext = context_.get();
    sc_core::sc_default_global_context = context_.get();
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  }
  ~KernelContext() {
    sc_core::sc_curr_simcontext = previous_;
    sc_core::sc_default_global_context = previous_;
  }

 private:
  sc_core::sc_simcontext* previous_;
  std::unique_ptr<sc_core::sc_simcontext> context_;
};

// When its coroutines end, libsystemc leaves the address sanitizer with the bounds of another stack than the one that
// is in use; it would then report any exception thrown later. This tells it where the caller's stack lies.
class SanitizerStackGuard {
 public:
  ~SanitizerStackGuard() {
#ifdef __SANITIZE_ADDRESS__
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    void* bottom = nullptr;
    std::size_t size = 0;
    pthread_attr_getstack(&attributes, &bottom, &size);
    pthread_attr_destroy(&attributes);
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, bottom, size);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  }
};

void run_kernel() {
  const SanitizerStackGuard guard;
  sc_core::sc_start();
}

}  // namespace

RunResult run_program(const arch::Program& program, const arch::AcceleratorConfig& config, const RunOptions& options) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  KernelContext kernel;
  System system("system", program, config, options);
  const auto start = std::chrono::steady_clock::now();
  run_kernel();
  const auto stop = std::chrono::steady_clock::now();
  system.check();
  RunResult result;
  result.statistics = system.statistics();
  result.statistics.host_seconds = std::chrono::duration<double>(stop - start).count();
  if (!options.timing_only) result.memory = std::move(system.memory().bytes());
  result.captures = std::move(system.captured());
  return result;
}

}  // namespace gemel::sim
