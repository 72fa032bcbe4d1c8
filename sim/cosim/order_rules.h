// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a program must leave out so that its results do not depend on timing, beyond what arch::find_violation()
// proves. A machine may overlap commands wherever these rules allow it.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/program.h"

namespace gemel::sim {

// The rules:
//   1. Between a preload and its compute: no config_ex, no mvin into the preload's operand or C, no mvout of its C (the
//      machine would make it wait for the compute).
//   2. Rows written by an mvin from memory and by an mvin of zeros (either order) need something between that orders
//   them: a
//      fence, or a product or mvout that touches the row.
//   3. An mvin reads no bytes that an mvout since the last fence writes; an mvout writes none that an mvin since then
//      reads.
//   4. Weight-stationary: compute_preloaded only behind a preload with a real B; C has no more rows than the product
//   feeds;
//      C may lie on rows of its own A or D only row by row.
//   5. Output-stationary: a chain of computes begins with compute_preloaded, its last preload, and only that, has a
//   real
//      C, and no config_ex comes before.
//   6. The first compute after a change of dataflow, or after any full config_ex in output-stationary, is preloaded.
//   7. A pooled or one-dimensional mvout stays inside one bank.
class OrderRules {
 public:
  explicit OrderRules(const arch::AcceleratorConfig& config);

  // Why the command may not stand here, or nothing.
  std::optional<std::string> violation(const arch::Command& command) const;
  // The command stands here; it may.
  void apply(const arch::Command& command);
  void fence();

 private:
  enum class LoadPath : std::uint8_t { None, Memory, Zeros };
  struct Rows {  // [begin, end) of scratchpad or accumulator
    bool accumulator = false;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool overlaps(const Rows& o) const { return accumulator == o.accumulator && begin < o.end && o.begin < end; }
  };
  struct Bytes {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool overlaps(const Bytes& o) const { return begin < o.end && o.begin < end; }
  };

  Rows rows_of(arch::LocalAddress address, std::uint32_t rows) const;
  std::vector<Rows> written_by(const arch::Mvin& mvin) const;
  std::vector<Rows> read_by(const arch::Mvout& mvout) const;
  Bytes source_of(const arch::Mvin& mvin) const;
  // Nothing where no memory is written.
  std::optional<Bytes> target_of(const arch::Mvout& mvout) const;
  Rows operand_rows(const arch::LocalBlock& block, std::uint32_t stride, bool transposed) const;
  Rows result_rows() const;
  void touch(const Rows& rows, LoadPath path);

  std::optional<std::string> config_violation(const arch::Command& command) const;
  std::optional<std::string> mvin_violation(const arch::Mvin& mvin) const;
  std::optional<std::string> mvout_violation(const arch::Mvout& mvout) const;
  std::optional<std::string> compute_violation(const arch::Compute& compute) const;
  void apply_config(const arch::Command& command);

  bool is_weight_stationary() const { return execute_.dataflow == arch::Dataflow::WeightStationary; }

  arch::AcceleratorConfig config_;
  arch::DerivedConfig derived_;
  std::array<arch::ConfigLoad, 3> load_;
  arch::ConfigStore store_;
  arch::ConfigExecute execute_;

  std::optional<arch::Preload> preload_;  // waits for its compute
  bool stationary_ = false;               // compute_accumulated has something to go on from
  bool chain_open_ = false;               // output-stationary, without a C so far

  // Last load side path that wrote a row, since something ordered it. [0] scratchpad, [1] accumulator.
  std::array<std::vector<LoadPath>, 2> paths_;
  std::vector<Rows> touched_;  // rows in paths_ that are not None, roughly
  std::vector<Bytes> memory_reads_;
  std::vector<Bytes> memory_writes_;
};

// The first breach in a whole program of these rules or of arch::find_violation(), or nothing.
std::optional<std::string> find_order_violation(const arch::Program& program, const arch::AcceleratorConfig& config);

}  // namespace gemel::sim
