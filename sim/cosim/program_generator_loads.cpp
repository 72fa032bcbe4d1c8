// SPDX-License-Identifier: Apache-2.0
// Random mvins and their configurations.
#include <algorithm>

#include "sim/cosim/program_generator.h"

namespace gemel::sim {

using arch::LocalAddress;

// plain: no pixel repeats, so the state serves every block.
void ProgramGenerator::configure_load(unsigned state, bool plain) {
  arch::ConfigLoad c;
  c.state = static_cast<std::uint8_t>(state);
  c.shrink = random_.percent(50);
  c.pixel_repeats = plain || random_.percent(75) ? 1 : static_cast<std::uint8_t>(random_.between(2, 5));
  c.block_stride = static_cast<std::uint16_t>(random_.percent(60) ? dim_ : random_.between(dim_, 3 * dim_));
  c.scale = random_.pick<float>({1.0f, 1.0f, 1.0f, 0.5f, -1.0f, 2.0f, 0.037f, 1.7f});
  c.dram_stride = random_.percent(12)   ? 0
                  : random_.percent(50) ? dim_ * random_.pick<std::uint64_t>({1, 4})
                                        : random_.between(1, 4 * dim_);
  builder_.emit(arch::encode_config_load(c));
}

// Anywhere among the inputs; sometimes among the results. 32-bit data mostly lies on its natural boundary.
std::uint64_t ProgramGenerator::source_address(std::uint64_t bytes, bool wide) {
  std::uint64_t offset = random_.below(half_ - bytes + 1);
  const std::uint64_t boundary = random_.pick<std::uint64_t>({1, 4, 16, 64});
  offset -= offset % (wide && random_.percent(80) ? std::max<std::uint64_t>(4, boundary) : boundary);
  return base_ + offset + (random_.percent(10) ? half_ : 0);
}

bool ProgramGenerator::mvin_block(unsigned state, LocalAddress local, std::uint32_t rows, std::uint32_t cols,
                                  bool zeros) {
  const arch::ConfigLoad& c = builder_.load(state);
  const bool wide = local.is_accumulator() && !c.shrink;
  arch::Mvin mvin;
  mvin.state = static_cast<std::uint8_t>(state);
  mvin.local = {local, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)};
  const std::uint64_t bytes = (rows - 1) * c.dram_stride + std::uint64_t{cols} * (wide ? 4 : 1);
  if (bytes > half_) return false;
  for (int attempt = 0; attempt < 2; ++attempt) {
    mvin.dram_address = zeros ? 0 : source_address(bytes, wide);
    if (builder_.try_emit(arch::encode_mvin(mvin))) return true;
  }
  return false;
}

void ProgramGenerator::random_mvin() {
  const unsigned state = random_.below(3);
  if (random_.percent(10)) configure_load(state, false);
  const arch::ConfigLoad& c = builder_.load(state);
  const arch::DerivedConfig& d = builder_.derived();
  const bool accumulator = random_.percent(40);
  const bool wide = accumulator && !c.shrink;
  const std::uint32_t blocks_built = wide ? d.max_block_columns_acc : d.max_block_columns;
  const std::uint32_t most = dim_ * std::min(blocks_built, random_.percent(90) ? 4u : 16u);
  // Pixel repeats have a meaning for one block only.
  const bool one_block = !accumulator && c.pixel_repeats > 1;
  const std::uint32_t cols = one_block || random_.percent(60) ? size() : random_.size(most);
  const std::uint32_t blocks = (cols + dim_ - 1) / dim_;
  const std::uint32_t rows = size();
  const std::uint32_t span = (blocks - 1) * c.block_stride + rows;
  LocalAddress local = accumulator ? accumulator_row(span) : scratchpad_row(span);
  if (!builder_.fits(local, span)) return;
  bool zeros = random_.percent(12);
  if (zeros && !accumulator && c.pixel_repeats > 1) zeros = false;
  if (accumulator && random_.percent(40)) {
    bool written = true;
    for (std::uint32_t b = 0; b < blocks; ++b) {
      written =
          written && builder_.is_written(local.plus(b * c.block_stride, d), rows, std::min(dim_, cols - b * dim_));
    }
    if (written) local = local.with_accumulate();
  }
  mvin_block(state, local, rows, cols, zeros);
}

// Loads what is missing. Not between a preload and its compute.
void ProgramGenerator::ensure_written(LocalAddress first, std::uint32_t rows, std::uint32_t lanes) {
  const arch::DerivedConfig& d = builder_.derived();
  for (std::uint32_t done = 0; done < rows; done += dim_) {
    const std::uint32_t count = std::min(dim_, rows - done);
    const LocalAddress local = first.plus(done, d);
    if (builder_.is_written(local, count, lanes)) continue;
    unsigned state = random_.below(3);
    if (builder_.load(state).pixel_repeats > 1) state = 0;
    if (builder_.load(state).pixel_repeats > 1) configure_load(state, true);
    const bool zeros = random_.percent(10);
    if (mvin_block(state, local, count, lanes, zeros) || mvin_block(state, local, count, lanes, !zeros)) continue;
    builder_.fence();
    if (!mvin_block(state, local, count, lanes, false)) {
      configure_load(state, true);
      mvin_block(state, local, count, lanes, true);
    }
  }
}

}  // namespace gemel::sim
