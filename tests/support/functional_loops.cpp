// SPDX-License-Identifier: Apache-2.0
// LOOP_WS and LOOP_CONV_WS as what they mean: sums of products over tensors in memory.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "sim/arch/numerics.h"
#include "tests/support/functional_machine.h"

namespace gemel::test_support {

using arch::Command;
using arch::ConvLoop;
using arch::Funct;
using arch::MatmulLoop;

namespace {

std::int32_t plus(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

// A matrix that lies in memory in blocks of dim x dim: the blocks `block_stride` elements apart, the rows within one
// `row_bytes` apart.
struct BlockedMatrix {
  std::uint64_t address;
  std::uint64_t block_stride;  // elements from a row of blocks to the next, divided by dim
  std::uint64_t row_bytes;
  std::uint32_t element_bytes;
  std::uint32_t dim;
  std::uint64_t at(std::uint32_t row, std::uint32_t col) const {
    return address + (row / dim * block_stride * dim + col) * element_bytes + row % dim * row_bytes;
  }
};

}  // namespace

std::uint32_t FunctionalMachine::take_half(unsigned& half, bool moves) {
  const std::uint32_t base = half * (derived_.accumulator_rows / 2);
  if (moves) half ^= 1u;
  return base;
}

bool FunctionalMachine::loop(const Command& command, const Memory& memory) {
  if (arch::is_matmul_loop_command(command.funct, config_.isa_version)) {
    arch::write_matmul_register(matmul_[matmul_slot_], command, config_.isa_version);
    if (static_cast<Funct>(command.funct) != Funct::LoopWs) return true;
    matmul_loop(matmul_[matmul_slot_], matmul_slot_, memory);
    matmul_slot_ ^= 1u;
    return true;
  }
  if (arch::is_conv_loop_command(command.funct)) {
    arch::write_conv_register(conv_[conv_slot_], command, config_.isa_version);
    if (static_cast<Funct>(command.funct) != Funct::LoopConvWs) return true;
    conv_loop(conv_[conv_slot_], memory);
    conv_slot_ ^= 1u;
    return true;
  }
  return false;
}

void FunctionalMachine::matmul_loop(const MatmulLoop& loop, unsigned slot, const Memory& memory) {
  if (loop.scratchpad_only) throw std::invalid_argument("loops with operands in places of their own are not modelled");
  const bool null_skips = config_.isa_version == arch::IsaVersion::Gemmini2025;
  const std::uint32_t m = loop.i * dim_ - loop.pad_i, n = loop.j * dim_ - loop.pad_j;
  const std::uint32_t d_base = loop.skip_load_d ? 0 : take_half(d_half_, loop.c != 0);
  const std::uint32_t base = loop.skip_execute ? 0 : take_half(product_half_, loop.c != 0);
  const std::uint32_t c_base = loop.skip_store ? 0 : take_half(store_half_, loop.c != 0);
  const auto place = [&](std::uint32_t first, std::uint32_t row, std::uint32_t col) {
    return first + (row / dim_ * loop.j + col / dim_) * dim_ + row % dim_;
  };
  if (loop.d != 0 && !loop.skip_load_d) {
    const arch::ConfigLoad& config = load_[2];
    const BlockedMatrix d{loop.d, loop.d_stride, config.dram_stride, loop.low_d ? 1u : 4u, dim_};
    if (config.shrink != loop.low_d) throw std::invalid_argument("config_ld and loop_ws disagree about D");
    for (std::uint32_t r = 0; r < m; ++r) {
      for (std::uint32_t c = 0; c < n; ++c) {
        const std::uint8_t* bytes = memory.at(d.at(r, c), d.element_bytes);
        std::int32_t wide;
        if (loop.low_d)
          wide = arch::mvin_scale(static_cast<std::int8_t>(*bytes), config.scale);
        else
          std::memcpy(&wide, bytes, 4);
        sum(place(d_base, r, c), c % dim_) = wide;
      }
    }
  }
  if (loop.residual_add) {
    residual_add(loop, slot * (derived_.accumulator_rows / 2), memory);
    if (!loop.skip_store && loop.c != 0) store_matmul(loop, slot * (derived_.accumulator_rows / 2), memory);
    return;
  }
  const std::uint32_t inner = loop.k * dim_ - loop.pad_k;
  std::vector<std::int8_t>& a = first_operand_[loop.a_scratchpad_id == 0 ? slot : loop.a_scratchpad_id - 1u];
  std::vector<std::int8_t>& b = second_operand_[loop.b_scratchpad_id == 0 ? slot : loop.b_scratchpad_id - 1u];
  const auto fill = [&](std::vector<std::int8_t>& operand, std::uint32_t rows, std::uint32_t cols, bool transposed,
                        std::uint64_t address, std::uint64_t stride, const arch::ConfigLoad& config) {
    const BlockedMatrix matrix{address, stride, config.dram_stride, 1, dim_};
    operand.resize(std::size_t{rows} * cols);
    for (std::uint32_t r = 0; r < rows; ++r)
      for (std::uint32_t c = 0; c < cols; ++c)
        operand[std::size_t{r} * cols + c] = arch::mvin_scale(
            static_cast<std::int8_t>(*memory.at(transposed ? matrix.at(c, r) : matrix.at(r, c), 1)), config.scale);
  };
  if (!loop.skip_load_a && (loop.a != 0 || !null_skips))
    fill(a, m, inner, loop.a_transpose, loop.a, loop.a_stride, load_[0]);
  if (!loop.skip_load_b && (loop.b != 0 || !null_skips))
    fill(b, inner, n, loop.b_transpose, loop.b, loop.b_stride, load_[1]);
  for (std::uint32_t r = 0; r < m && !loop.skip_execute; ++r) {
    for (std::uint32_t c = 0; c < n; ++c) {
      std::int32_t& total = sum(place(base, r, c), c % dim_);
      for (std::uint32_t first = 0; first < inner; first += dim_) {
        std::int32_t part = 0;
        for (std::uint32_t k = first; k < std::min(first + dim_, inner); ++k)
          part = arch::wrap_signed(part + std::int64_t{a[std::size_t{r} * inner + k]} * b[std::size_t{k} * n + c],
                                   config_.mesh.output_bits);
        total = loop.accumulate || first > 0 ? plus(total, part) : part;
      }
    }
  }
  if (!loop.skip_store && loop.c != 0) store_matmul(loop, c_base, memory);
}

void FunctionalMachine::residual_add(const MatmulLoop& loop, std::uint32_t base, const Memory& memory) {
  if (!load_[0].shrink || !load_[1].shrink) throw std::invalid_argument("a residual add loads int8");
  for (std::uint32_t r = 0; r < loop.i * dim_ - loop.pad_i; ++r) {
    for (std::uint32_t c = 0; c < loop.j * dim_ - loop.pad_j; ++c) {
      const auto value = [&](std::uint64_t address, std::uint64_t stride, const arch::ConfigLoad& config) {
        const BlockedMatrix matrix{address, stride, config.dram_stride, 1, dim_};
        return arch::mvin_scale(static_cast<std::int8_t>(*memory.at(matrix.at(r, c), 1)), config.scale);
      };
      sum(base + (r / dim_ * loop.j + c / dim_) * dim_ + r % dim_, c % dim_) =
          value(loop.a, loop.a_stride, load_[0]) + value(loop.b, loop.b_stride, load_[1]);
    }
  }
}

void FunctionalMachine::store_matmul(const MatmulLoop& loop, std::uint32_t base, const Memory& memory) {
  if (config_.normalisations && loop.has_statistics()) return store_normalised(loop, base, memory);
  normaliser_.wrote();
  const BlockedMatrix c{loop.c, loop.c_stride, store_.dram_stride, loop.full_c ? 4u : 1u, dim_};
  for (std::uint32_t r = 0; r < loop.i * dim_ - loop.pad_i; ++r) {
    for (std::uint32_t col = 0; col < loop.j * dim_ - loop.pad_j; ++col) {
      const std::int32_t value = sum(base + (r / dim_ * loop.j + col / dim_) * dim_ + r % dim_, col % dim_);
      std::uint8_t* target = memory.at(c.at(r, col), c.element_bytes);
      if (loop.full_c)
        std::memcpy(target, &value, 4);
      else
        *target = static_cast<std::uint8_t>(normaliser_.value(value, store_.scale()));
    }
  }
}

// Layernorm, softmax: groups of rows, each row with a context of its own, three passes over a group.
void FunctionalMachine::store_normalised(const MatmulLoop& loop, std::uint32_t base, const Memory& memory) {
  const std::uint32_t group = config_.isa_version == arch::IsaVersion::GemminiV07 ? 4 : 2;
  const std::uint32_t columns = loop.j * dim_ - loop.pad_j;
  const unsigned passes[2][3] = {{2, 4, 0}, {5, 7, 0}};
  for (std::uint32_t i = 0; i < loop.i; ++i) {
    const std::uint32_t lines = dim_ - (i + 1 == loop.i ? loop.pad_i : 0);
    for (std::uint32_t first = 0; first < lines; first += group)
      for (const unsigned norm : passes[loop.activation == 4])
        for (std::uint32_t r = first; r < std::min(first + group, lines); ++r) {
          arch::ConfigNormalise context;
          context.stats_id = static_cast<std::uint8_t>(r - first);
          context.set_stats_id_only = true;
          normaliser_.config_norm(context);
          for (std::uint32_t j = 0; j < loop.j; ++j) {
            const std::int32_t* row = accumulator_row(base + (i * loop.j + j) * dim_ + r);
            const std::uint32_t lanes = std::min(dim_, columns - j * dim_);
            const bool is_written = normaliser_.block(norm, j + 1 == loop.j, row, lanes);
            for (std::uint32_t lane = 0; is_written && lane < lanes; ++lane)
              *memory.at(loop.c + (std::uint64_t{i} * dim_ + r) * loop.c_stride + j * dim_ + lane, 1) =
                  static_cast<std::uint8_t>(normaliser_.value(row[lane], store_.scale()));
          }
        }
  }
}

// ---- Convolutions ---------------------------------------------------------------------------------------------------

void FunctionalMachine::start_sums(const ConvLoop& loop, std::uint32_t base, const Memory& memory) {
  if (loop.bias == 0) return;  // whatever is there
  const std::uint32_t pixels = loop.batches * loop.out_rows * loop.out_cols;
  for (std::uint32_t och = 0; och < loop.pooled_channels; ++och) {
    std::int32_t value = 0;
    if (!loop.no_bias) std::memcpy(&value, memory.at(loop.bias + 4 * och, 4), 4);
    for (std::uint32_t p = 0; p < pixels; ++p) sum(base + och / dim_ * pixels + p, och % dim_) = value;
  }
}

void FunctionalMachine::conv_loop(const ConvLoop& loop, const Memory& memory) {
  if (config_.mesh.output_bits < arch::required_output_bits(dim_))
    throw std::invalid_argument("convolution loops on an array that may wrap are not modelled");
  if (loop.transpose_input_3120 && loop.batch != loop.batches)
    throw std::invalid_argument("a part of the images, transposed, is not modelled");
  const std::uint32_t base = take_half(conv_half_, loop.output != 0);
  start_sums(loop, base, memory);
  const auto weight = [&](std::uint32_t row, std::uint32_t col, std::uint32_t in, std::uint32_t out) {
    const std::uint64_t side = loop.kernel_dim;
    std::uint64_t offset = ((row * side + col) * loop.in_channels + in) * loop.weight_stride + out;
    if (loop.depthwise)
      offset = row * side + col;
    else if (loop.transpose_weights_1203)
      offset = ((in * side + row) * side + col) * loop.out_channels + out;
    else if (loop.transpose_weights_0132)
      offset = ((row * side + col) * loop.out_channels + out) * loop.in_channels + in;
    return static_cast<std::int8_t>(*memory.at(loop.weights + offset, 1));
  };
  const auto pixel = [&](std::uint32_t b, std::int64_t row, std::int64_t col, std::uint32_t in) {
    const std::uint64_t r = static_cast<std::uint64_t>(row), c = static_cast<std::uint64_t>(col);
    const std::uint64_t offset = loop.transpose_input_3120
                                     ? ((in * loop.in_rows + r) * loop.in_cols + c) * loop.batch + b
                                     : ((b * loop.in_rows + r) * loop.in_cols + c) * loop.in_stride + in;
    return static_cast<std::int8_t>(*memory.at(loop.input + offset, 1));
  };
  // Rows and columns of the input behind which the tile has only padding.
  const std::int64_t spread = loop.input_dilated ? 2 : 1;
  const auto extent = [&](std::uint32_t out, std::uint32_t kernel, std::uint32_t before, std::uint32_t behind) {
    return std::int64_t{out * loop.stride + (kernel - 1) * loop.kernel_dilation} - before - behind;
  };
  const std::int64_t rows = extent(loop.out_rows, loop.kernel_rows, loop.upper_pad, loop.lower_pad);
  const std::int64_t cols = extent(loop.out_cols, loop.kernel_cols, loop.left_pad, loop.right_pad);
  for (std::uint32_t b = 0; b < loop.batches; ++b)
    for (std::uint32_t orow = 0; orow < loop.out_rows; ++orow)
      for (std::uint32_t ocol = 0; ocol < loop.out_cols; ++ocol)
        for (std::uint32_t krow = 0; krow < loop.kernel_rows; ++krow)
          for (std::uint32_t kcol = 0; kcol < loop.kernel_cols; ++kcol) {
            const std::int64_t y = std::int64_t{orow * loop.stride + krow * loop.kernel_dilation} - loop.upper_pad;
            const std::int64_t x = std::int64_t{ocol * loop.stride + kcol * loop.kernel_dilation} - loop.left_pad;
            if (y < 0 || x < 0 || y >= rows || x >= cols || y % spread != 0 || x % spread != 0) continue;
            const std::uint32_t wrow = loop.rotate_weights ? loop.kernel_rows - 1 - krow : krow;
            const std::uint32_t wcol = loop.rotate_weights ? loop.kernel_cols - 1 - kcol : kcol;
            for (std::uint32_t och = 0; och < loop.pooled_channels; ++och) {
              std::int32_t& total = sum(
                  base + ((och / dim_ * loop.batches + b) * loop.out_rows + orow) * loop.out_cols + ocol, och % dim_);
              for (std::uint32_t in = 0; in < loop.kernel_channels; ++in)
                total = plus(total, pixel(b, y / spread, x / spread, in) * weight(wrow, wcol, in, och));
            }
          }
  configure_as_conv(loop);
  if (loop.output != 0) store_conv(loop, base, memory);
}

// The machine's registers behind the loop.
void FunctionalMachine::configure_as_conv(const ConvLoop& loop) {
  const arch::ConvShape shape = arch::conv_shape(loop, derived_);
  const auto load = [](std::uint32_t block_stride, std::uint32_t repeats, std::uint64_t stride) {
    arch::ConfigLoad config;
    config.block_stride = static_cast<std::uint16_t>(block_stride);
    config.pixel_repeats = static_cast<std::uint8_t>(repeats);
    config.dram_stride = stride;
    return config;
  };
  if (loop.bias != 0) load_[2] = load(shape.bias_stride, 1, 0);
  load_[0] = load(shape.input_stride, loop.max_pixels_per_row, loop.in_stride);
  load_[1] = load(shape.weight_block, 1, loop.weight_stride);
  if (loop.no_pool || loop.output == 0) return;
  store_.activation = loop.activation;
  normaliser_.config_store(store_);
  store_.dram_stride = loop.out_stride;
}

void FunctionalMachine::store_conv(const ConvLoop& loop, std::uint32_t base, const Memory& memory) {
  if (loop.no_pool) normaliser_.wrote();
  const auto result = [&](std::uint32_t b, std::uint32_t row, std::uint32_t col, std::uint32_t och) {
    return normaliser_.value(
        sum(base + ((och / dim_ * loop.batches + b) * loop.out_rows + row) * loop.out_cols + col, och % dim_),
        store_.scale());
  };
  const std::uint32_t rows = loop.no_pool ? loop.out_rows : loop.pooled_rows;
  const std::uint32_t cols = loop.no_pool ? loop.out_cols : loop.pooled_cols;
  for (std::uint32_t b = 0; b < loop.batches; ++b)
    for (std::uint32_t row = 0; row < rows; ++row)
      for (std::uint32_t col = 0; col < cols; ++col)
        for (std::uint32_t och = 0; och < loop.pooled_channels; ++och) {
          std::int8_t value = -128;
          if (loop.no_pool) value = result(b, row, col, och);
          for (std::uint32_t wr = 0; !loop.no_pool && wr < loop.pool_size; ++wr)
            for (std::uint32_t wc = 0; wc < loop.pool_size; ++wc) {
              const std::int64_t y = std::int64_t{row * loop.pool_stride + wr} - loop.pool_upper_pad;
              const std::int64_t x = std::int64_t{col * loop.pool_stride + wc} - loop.pool_left_pad;
              const bool outside = y < 0 || x < 0 || y >= loop.out_rows || x >= loop.out_cols;
              const std::int8_t one =
                  outside ? std::int8_t{0}
                          : result(b, static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x), och);
              value = std::max(value, one);
            }
          const std::uint64_t images = loop.no_pool ? std::uint64_t{loop.out_rows_dim} : loop.pool_out_rows;
          const std::uint64_t width = loop.no_pool ? std::uint64_t{loop.out_cols_dim} : loop.pool_out_cols;
          const std::uint64_t place = loop.no_pool && loop.transpose_output_1203
                                          ? ((row * width + col) * loop.batch + b) * loop.out_channels + och
                                          : ((b * images + row) * width + col) * loop.out_stride + och;
          *memory.at(loop.output + place, 1) = static_cast<std::uint8_t>(value);
        }
}

}  // namespace gemel::test_support
