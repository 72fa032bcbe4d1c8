// SPDX-License-Identifier: Apache-2.0
#pragma once
// One Verilated unit under test. A cycle: the test sets inputs, settle() computes what they lead to in this cycle, the
// test looks at the outputs, tick() brings the next cycle. One top a process: two living contexts hang at teardown.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace gemel::rtl {

template <typename Top>
class UnitBench : public ::testing::Test {
 protected:
  void SetUp() override {
    top().rst_ni = 0;
    clear_inputs();
    for (int i = 0; i < 2; ++i) {
      settle();
      tick();
    }
    top().rst_ni = 1;
    now_ = 0;
  }
  // Other units in the same bench see nothing of this test.
  void TearDown() override { clear_inputs(); }

  virtual void clear_inputs() = 0;

  static Top& top() {
    static Top instance;
    return instance;
  }
  void settle() {
    top().clk_i = 0;
    top().eval();
  }
  void tick() {
    top().clk_i = 1;
    top().eval();
    ++now_;
  }
  std::uint64_t now() const { return now_; }

 private:
  std::uint64_t now_ = 0;
};

// A seed of its own for each run; GEMEL_TEST_SEED repeats one. Printed with every failure by SCOPED_TRACE.
inline unsigned test_seed() {
  static const unsigned seed = [] {
    const char* given = std::getenv("GEMEL_TEST_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  }();
  return seed;
}
inline std::string seed_text() { return "GEMEL_TEST_SEED=" + std::to_string(test_seed()); }

}  // namespace gemel::rtl
