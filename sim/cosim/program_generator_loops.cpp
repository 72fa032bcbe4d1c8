// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/program_generator_loops.h"

#include <algorithm>
#include <string>

#include "sim/arch/loop_check.h"

namespace gemel::sim {

using arch::Command;
using arch::Funct;
using arch::MatmulLoop;
namespace field = arch::field;

LoopProgramGenerator::LoopProgramGenerator(const arch::AcceleratorConfig& config, std::uint64_t seed)
    : config_(config), derived_(arch::derive(config)), random_(seed), dim_(derived_.dim) {
  inputs_ = std::uint64_t{1} << 20;
  stream_.name = "random_loops_" + std::to_string(seed);
  stream_.family = "random";
  stream_.dims = std::to_string(dim_);
  stream_.isa_version = config.isa_version;
  next_output_ = stream_.base + inputs_;
}

void LoopProgramGenerator::emit(const Command& command) {
  stream_.steps.push_back({arch::StepKind::Command, static_cast<std::uint32_t>(stream_.commands.size())});
  stream_.commands.push_back(command);
}

void LoopProgramGenerator::pause() {
  const std::uint32_t kind = random_.below(10);
  if (kind == 0) fence();
  if (kind == 1) stream_.steps.push_back({arch::StepKind::Idle, random_.between(1, 400)});
}

std::uint64_t LoopProgramGenerator::input(std::uint64_t bytes) {
  const std::uint64_t place = random_.below(inputs_ - std::min(inputs_ - 1, bytes));
  return stream_.base + (random_.percent(50) ? place / 64 * 64 : place / 4 * 4);
}

std::uint64_t LoopProgramGenerator::output(std::uint64_t bytes) {
  const std::uint64_t at = next_output_;
  next_output_ += (bytes + 79) / 16 * 16;
  return at + (random_.percent(30) ? random_.below(16) / 4 * 4 : 0);
}

void LoopProgramGenerator::configure_load(unsigned state, std::uint64_t stride, bool shrink, float scale) {
  arch::ConfigLoad config;
  config.state = static_cast<std::uint8_t>(state);
  config.shrink = shrink;
  config.block_stride = static_cast<std::uint16_t>(dim_);
  config.scale = scale;
  config.dram_stride = stride;
  emit(arch::encode_config_load(config));
}

void LoopProgramGenerator::configure_store(std::uint64_t stride) {
  arch::ConfigStore config;
  config.activation = random_.percent(40) ? 1 : 0;
  config.dram_stride = static_cast<std::uint32_t>(stride);
  config.scale_bits = arch::bits_from_float(random_.pick<float>({1.0f, 0.05f, 0.37f, -0.1f}));
  emit(arch::encode_config_store(config));
}

// Igelu, layernorm or softmax now and then, with what they need.
void LoopProgramGenerator::choose_normalisation(MatmulLoop& loop) {
  if (!config_.normalisations || !random_.percent(50)) return;
  loop.activation = random_.pick<std::uint8_t>({2, 3, 4});
  if (loop.has_statistics()) loop.full_c = false;
  arch::ConfigStore config;
  config.activation = loop.activation & 3;
  config.dram_stride = static_cast<std::uint32_t>(loop.c_stride * (loop.full_c ? 4 : 1));
  config.scale_bits = arch::bits_from_float(random_.pick<float>({1.0f, 0.9f, 35.0f, 1e-5f}));
  emit(arch::encode_config_store(config));
  const std::int32_t step = static_cast<std::int32_t>(random_.pick<std::uint32_t>({20, 300, 9000}));  // 1 / scale
  arch::ConfigNormalise norm;
  norm.activation_msb = loop.activation == 4;
  norm.qb = loop.activation == 3 ? -step * 9 / 5 : step * 27 / 20;
  norm.qc = loop.activation == 3 ? -(step / 4 * (step / 3)) : step * 9 / 10 * step;
  norm.q_const = step * 7 / 10;
  emit(arch::encode_config_normalise(norm));
  norm.is_inverse_ln2 = true;
  norm.q_const = 65536 / norm.q_const;
  emit(arch::encode_config_normalise(norm));
}

void LoopProgramGenerator::configure_execute(std::uint32_t a_stride, std::uint32_t c_stride, bool a_transpose,
                                             bool b_transpose) {
  arch::ConfigExecute config;
  config.dataflow = arch::Dataflow::WeightStationary;
  config.a_stride = static_cast<std::uint16_t>(a_stride);
  config.c_stride = static_cast<std::uint16_t>(c_stride);
  config.a_transpose = a_transpose;
  config.b_transpose = b_transpose;
  emit(arch::encode_config_execute(config));
}

void LoopProgramGenerator::emit_matmul(const MatmulLoop& loop) {
  const auto with = [](Funct funct, std::uint64_t rs1, std::uint64_t rs2) {
    return Command{static_cast<std::uint8_t>(funct), rs1, rs2};
  };
  Command bounds = with(Funct::LoopWsBounds, 0, 0);
  field::LoopWsBounds_i.set(bounds, loop.i);
  field::LoopWsBounds_j.set(bounds, loop.j);
  field::LoopWsBounds_k.set(bounds, loop.k);
  field::LoopWsBounds_pad_i.set(bounds, loop.pad_i);
  field::LoopWsBounds_pad_j.set(bounds, loop.pad_j);
  field::LoopWsBounds_pad_k.set(bounds, loop.pad_k);
  emit(bounds);
  emit(with(Funct::LoopWsAddressesAB, loop.a, loop.b));
  emit(with(Funct::LoopWsAddressesDC, loop.d, loop.c));
  emit(with(Funct::LoopWsStridesAB, loop.a_stride, loop.b_stride));
  emit(with(Funct::LoopWsStridesDC, loop.d_stride, loop.c_stride));
  Command run = with(Funct::LoopWs, 0, 0);
  field::LoopWs_accumulate.set(run, loop.accumulate);
  field::LoopWs_full_c.set(run, loop.full_c);
  field::LoopWs_low_d.set(run, loop.low_d);
  field::LoopWs_activation.set(run, loop.activation);
  field::LoopWs_a_transpose.set(run, loop.a_transpose);
  field::LoopWs_b_transpose.set(run, loop.b_transpose);
  if (is_2025()) {
    field::LoopWs2025_a_scratchpad_id.set(run, loop.a_scratchpad_id);
    field::LoopWs2025_b_scratchpad_id.set(run, loop.b_scratchpad_id);
    field::LoopWs2025_residual_add.set(run, loop.residual_add);
    field::LoopWs2025_skip_load_a.set(run, loop.skip_load_a);
    field::LoopWs2025_skip_load_d.set(run, loop.skip_load_d);
    field::LoopWs2025_skip_store.set(run, loop.skip_store);
  }
  emit(run);
}

// A product of one to three tiles along K: the first with D or nothing, the last with C.
void LoopProgramGenerator::random_matmul() {
  MatmulLoop loop;
  const std::uint32_t most = dim_ >= 32 ? 3 : 6;
  do {
    loop.i = random_.between(1, most);
    loop.j = random_.between(1, most);
    loop.k = random_.between(1, most);
  } while (!arch::why_illegal(loop, config_, derived_).empty());
  const auto pad = [&] { return random_.percent(50) ? 0 : random_.below(dim_); };
  loop.pad_i = pad();
  loop.pad_j = pad();
  loop.pad_k = pad();
  const std::uint32_t transposes = random_.below(3);
  loop.a_transpose = transposes == 1;
  loop.b_transpose = transposes == 2;
  loop.full_c = config_.full_width_accumulator_read && random_.percent(30);
  loop.low_d = random_.percent(40);
  // Matrices as they lie in memory: rounded up, so that what the machine reads too much is there.
  const std::uint32_t m = loop.i * dim_, n = loop.j * dim_, k = loop.k * dim_;
  const auto wide = [&](std::uint32_t columns) { return columns + (random_.percent(40) ? random_.below(40) : 0); };
  loop.a_stride = wide(loop.a_transpose ? m : k);
  loop.b_stride = wide(loop.b_transpose ? k : n);
  loop.c_stride = wide(n);
  const bool has_d = random_.percent(60), repeated = random_.percent(30);
  const std::uint32_t d_bytes = loop.low_d ? 1 : 4;
  loop.d_stride = repeated ? 0 : wide(n);
  const float scale = random_.pick<float>({1.0f, 1.0f, 0.5f, 1.7f});
  configure_execute(1, 1, loop.a_transpose, loop.b_transpose);
  configure_store(loop.c_stride * (loop.full_c ? 4 : 1));
  choose_normalisation(loop);
  configure_load(0, loop.a_stride, false, scale);
  configure_load(1, loop.b_stride, false, random_.percent(70) ? 1.0f : scale);
  configure_load(2, loop.d_stride * d_bytes, loop.low_d, loop.low_d ? scale : 1.0f);

  const std::uint64_t c = output((m * loop.c_stride + n) * (loop.full_c ? 4 : 1));
  const std::uint32_t tiles = random_.between(1, 3);
  // Fixed halves: loads run ahead of the products of the loop before, so a half that it uses is not loaded without a
  // fence. A may stay where it is while B goes to the halves in turn.
  const bool keeps_a = is_2025() && random_.percent(30);
  const bool fixed = is_2025() && !keeps_a && random_.percent(30);
  if (keeps_a || fixed) fence();
  for (std::uint32_t tile = 0; tile < tiles; ++tile) {
    if (keeps_a) {
      loop.a_scratchpad_id = 1;
      loop.b_scratchpad_id = static_cast<std::uint8_t>(1 + tile % 2);
    } else if (fixed) {
      loop.a_scratchpad_id = static_cast<std::uint8_t>(random_.below(3));
      loop.b_scratchpad_id = static_cast<std::uint8_t>(random_.below(3));
    }
    loop.d = tile == 0 && has_d ? input((m * loop.d_stride + n) * d_bytes) : 0;
    loop.skip_load_d = is_2025() && loop.d == 0 && random_.percent(30);
    loop.accumulate = loop.d != 0 || tile > 0;
    const std::uint64_t a = input(std::uint64_t{loop.a_transpose ? k : m} * loop.a_stride + m + k);
    loop.skip_load_a = tile > 0 && keeps_a && random_.percent(50);
    loop.a = tile > 0 && keeps_a && !loop.skip_load_a ? 0 : a;
    loop.b = input(std::uint64_t{loop.b_transpose ? n : k} * loop.b_stride + n + k);
    loop.c = tile + 1 == tiles ? c : 0;
    // A loop without C does not move on: what is skipped of it is not missed.
    loop.skip_store = is_2025() && loop.c == 0 && random_.percent(30);
    loop.skip_load_d = loop.skip_load_d && loop.c == 0;
    emit_matmul(loop);
    pause();
    if (fixed) fence();
  }
  if (keeps_a) fence();
}

// gemmini_2025 only.
void LoopProgramGenerator::random_residual_add() {
  MatmulLoop loop;
  loop.residual_add = true;
  do {
    loop.i = random_.between(1, 6);
    loop.j = random_.between(1, 6);
  } while (!arch::why_illegal(loop, config_, derived_).empty());
  loop.pad_i = random_.percent(50) ? 0 : random_.below(dim_);
  loop.pad_j = random_.percent(50) ? 0 : random_.below(dim_);
  const std::uint32_t m = loop.i * dim_, n = loop.j * dim_;
  loop.full_c = config_.full_width_accumulator_read && random_.percent(30);
  loop.a_stride = n + random_.below(20);
  loop.b_stride = n + random_.below(20);
  loop.c_stride = n + random_.below(20);
  configure_execute(1, 1, false, false);
  configure_store(loop.c_stride * (loop.full_c ? 4 : 1));
  configure_load(0, loop.a_stride, true, 1.0f);
  configure_load(1, loop.b_stride, true, random_.pick<float>({1.0f, 0.3f}));
  configure_load(2, 0, true, 1.0f);
  loop.a = input(m * loop.a_stride + n);
  loop.b = input(m * loop.b_stride + n);
  loop.c = output((m * loop.c_stride + n) * (loop.full_c ? 4 : 1));
  fence();  // its accumulator half is its slot's, not the next in turn
  emit_matmul(loop);
  fence();
}

arch::RoccStream LoopProgramGenerator::generate() {
  stream_.steps.push_back({arch::StepKind::Begin, 0});
  const std::uint32_t parts = random_.between(1, dim_ >= 32 ? 2 : 4);
  for (std::uint32_t i = 0; i < parts; ++i) {
    const std::uint32_t kind = random_.below(10);
    if (kind < 4) {
      random_matmul();
    } else if (kind == 4 && is_2025()) {
      random_residual_add();
    } else {
      random_conv();
    }
  }
  fence();
  stream_.steps.push_back({arch::StepKind::End, 0});
  stream_.size = (next_output_ + 4095 - stream_.base) / 4096 * 4096;
  stream_.fills = {{stream_.base, stream_.size, arch::FillKind::Int8, random_.pick<std::uint64_t>({0, 9, 100})}};
  stream_.outputs = {{stream_.base, stream_.size}};
  return stream_;
}

bool has_loop_programs(const arch::AcceleratorConfig& config) {
  const arch::DerivedConfig derived = arch::derive(config);
  return config.mesh.dataflow != arch::Dataflow::OutputStationary && derived.scratchpad_rows >= 4 * derived.dim &&
         derived.accumulator_rows >= 2 * derived.dim;
}

arch::RoccStream random_loop_stream(const arch::AcceleratorConfig& config, std::uint64_t seed) {
  return LoopProgramGenerator(config, seed).generate();
}

}  // namespace gemel::sim
