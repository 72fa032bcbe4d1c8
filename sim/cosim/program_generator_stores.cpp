// SPDX-License-Identifier: Apache-2.0
// Random mvouts and their configurations.
#include <algorithm>

#include "sim/cosim/program_generator.h"

namespace gemel::sim {

using arch::LocalAddress;

namespace {
constexpr std::uint32_t kLargestImage = 6;  // rows and columns of what is pooled
}

// pool_stride 0 and geometry: the one-dimensional mvout.
void ProgramGenerator::configure_store(unsigned pool_stride, bool pooled_geometry) {
  const arch::DerivedConfig& d = builder_.derived();
  arch::ConfigStore c;
  c.activation = random_.percent(40) ? 1 : 0;
  c.dram_stride = random_.percent(5)    ? 0
                  : random_.percent(50) ? dim_ * random_.pick<std::uint32_t>({1, 4})
                                        : random_.between(1, 4 * dim_);
  const float scale = random_.pick<float>({1.0f, 0.5f, 0.01f, 0.0003f, -0.02f, 1e-8f});
  c.scale_bits = scale_known_ && random_.percent(10) ? arch::ConfigStore::kKeepScale : arch::bits_from_float(scale);
  scale_known_ = true;
  if (pooled_geometry) {
    const std::uint32_t most = std::min({d.scratchpad_bank_rows, d.accumulator_bank_rows});
    c.out_rows = static_cast<std::uint8_t>(random_.between(1, kLargestImage));
    c.out_cols =
        static_cast<std::uint8_t>(random_.between(1, std::min(kLargestImage, std::max(1u, most / c.out_rows))));
    if (std::uint32_t{c.out_rows} * c.out_cols > most) c.out_rows = 1;
    c.pool_stride = static_cast<std::uint8_t>(pool_stride);
    c.pool_size = static_cast<std::uint8_t>(random_.between(1, 3));
    c.upper_pad = static_cast<std::uint8_t>(random_.below(c.pool_size));
    c.left_pad = static_cast<std::uint8_t>(random_.below(c.pool_size));
    c.pooled_rows = static_cast<std::uint8_t>(random_.between(1, 4));
    c.pooled_cols = static_cast<std::uint8_t>(random_.between(1, 4));
    c.pool_out_dim = pool_stride == 0 ? c.out_cols : static_cast<std::uint8_t>(c.pooled_cols + random_.below(3));
  } else {
    c.pool_size = 0;
  }
  if (config_.normalisations && random_.percent(60)) {
    c.activation = static_cast<std::uint8_t>(random_.below(4));
    if (random_.percent(50)) c.scale_bits = arch::bits_from_float(random_.pick<float>({1.0f, 30.0f, 1e-4f, 1e-9f}));
  }
  builder_.emit(arch::encode_config_store(c));
  norm_.configure(c);
  if (config_.normalisations && random_.percent(50)) configure_norm();
}

std::uint64_t ProgramGenerator::target_address(std::uint64_t bytes) {
  std::uint64_t offset = random_.below(half_ - bytes + 1);
  offset -= offset % random_.pick<std::uint64_t>({1, 4, 16, 64});
  return base_ + offset + (random_.percent(95) ? half_ : 0);
}

// Stores with the configuration in force; false where nothing was emitted.
bool ProgramGenerator::mvout_block(LocalAddress local, std::uint32_t rows, std::uint32_t cols) {
  const arch::ConfigStore& c = builder_.store();
  const bool wide = local.is_accumulator() && local.is_full_width();
  std::uint64_t last = rows - 1;
  if (c.pool_stride != 0)
    last = (c.pooled_rows - 1u) * std::uint64_t{c.pool_out_dim} + c.pooled_cols - 1;
  else if (c.pool_size != 0)
    last = std::uint64_t{c.out_rows} * c.out_cols - 1;
  const std::uint64_t bytes = last * c.dram_stride + std::uint64_t{cols} * (wide ? 4 : 1);
  if (bytes > half_) return false;
  arch::Mvout mvout;
  mvout.local = {local, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)};
  for (int attempt = 0; attempt < 2; ++attempt) {
    mvout.dram_address = target_address(bytes);
    if (builder_.try_emit(arch::encode_mvout(mvout))) return true;
  }
  return false;
}

void ProgramGenerator::random_mvout() {
  if (random_.percent(20)) {
    const std::uint32_t kind = random_.below(10);
    configure_store(kind < 3 ? random_.between(1, 3) : 0, kind < 4);
  }
  const arch::ConfigStore& c = builder_.store();
  const arch::DerivedConfig& d = builder_.derived();
  const bool image = c.pool_stride != 0 || c.pool_size != 0;
  const bool accumulator = random_.percent(60);
  const std::uint32_t rows = image ? std::uint32_t{c.out_rows} * c.out_cols : size();
  const std::uint32_t most = image ? 1 : std::min(d.max_block_columns, random_.percent(90) ? 4u : 16u);
  const std::uint32_t cols = most == 1 || random_.percent(60) ? size() : random_.size(dim_ * most);
  const std::uint32_t blocks = (cols + dim_ - 1) / dim_;
  LocalAddress local =
      accumulator ? accumulator_row((blocks - 1) * dim_ + rows) : scratchpad_row((blocks - 1) * dim_ + rows);
  if (!builder_.fits(local, (blocks - 1) * dim_ + rows)) return;
  if (image) {  // inside one bank
    const std::uint32_t bank = accumulator ? d.accumulator_bank_rows : d.scratchpad_bank_rows;
    const std::uint32_t row = local.row(d);
    if (row % bank + rows > bank) local = LocalAddress(local.bits() - (row % bank + rows - bank));
  }
  for (std::uint32_t b = 0; b < blocks; ++b) {
    const LocalAddress block = local.plus(b * dim_, d);
    const std::uint32_t lanes = std::min(dim_, cols - b * dim_);
    if (builder_.is_written(block, rows, lanes)) continue;
    if (in_product_) return;
    ensure_written(block, rows, lanes);
    if (!builder_.is_written(block, rows, lanes)) return;
  }
  if (config_.normalisations && accumulator) {
    if (random_.percent(35) && random_statistics(local, std::min(rows, dim_), cols)) return;
    prepare_activation(local, std::min(rows, dim_), std::min(cols, dim_));
  }
  if (accumulator && c.pool_stride == 0 && config_.full_width_accumulator_read && random_.percent(40) &&
      blocks <= d.max_block_columns_acc) {
    local = local.with_full_width();
  }
  mvout_block(local, std::min(rows, dim_), cols);
}

}  // namespace gemel::sim
