// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_program.h"

#include "sim/arch/numerics.h"
#include "tests/support/random_commands.h"

namespace gemel::test_support {

namespace {

using arch::Program;

std::string random_name(std::mt19937_64& random) {
  static constexpr char kCharacters[] = "abc_XYZ019 #\"\\\n\t./:=[]\x01\x7F\xC3\xA9";
  std::string name;
  for (std::uint64_t n = random() % 12; n > 0; --n) name += kCharacters[random() % (sizeof kCharacters - 1)];
  return name;
}

std::vector<std::int64_t> random_integers(std::mt19937_64& random) {
  std::vector<std::int64_t> values;
  for (std::uint64_t n = random() % 5; n > 0; --n) {
    values.push_back(static_cast<std::int64_t>(random()) >> (random() % 64));
  }
  return values;
}

arch::HostTensor random_tensor(std::mt19937_64& random) {
  return {random() >> 8, static_cast<std::uint8_t>(random() & 1 ? 4 : 1), random_integers(random),
          random_integers(random)};
}

arch::HostOp random_host_op(std::mt19937_64& random) {
  arch::HostOp op;
  op.kind = static_cast<arch::HostOpKind>(random() % (static_cast<unsigned>(arch::HostOpKind::Conv2d) + 1));
  for (std::uint64_t n = random() % 4; n > 0; --n) op.inputs.push_back(random_tensor(random));
  op.output = random_tensor(random);
  op.params = random_integers(random);
  for (std::uint64_t n = random() % 4; n > 0; --n) {
    op.scales.push_back(arch::float_from_bits(static_cast<std::uint32_t>(random())));
  }
  return op;
}

}  // namespace

Program random_program_parts(std::mt19937_64& random) {
  Program p;
  p.name = random_name(random);
  p.config_name = random_name(random);
  p.isa_version = random() & 1 ? arch::IsaVersion::Gemmini2025 : arch::IsaVersion::GemminiV07;
  p.base = random() >> 16;
  p.size = random() >> 20;
  p.macs = random() >> (random() % 64);
  for (std::uint64_t n = random() % 4; n > 0; --n) {
    arch::MemorySegment segment;
    segment.address = random() >> 16;
    for (std::uint64_t bytes = random() % 100; bytes > 0; --bytes) {
      segment.bytes.push_back(static_cast<std::uint8_t>(random()));
    }
    p.memory.push_back(segment);
  }
  for (std::uint64_t n = random() % 3; n > 0; --n) p.outputs.push_back({random(), random()});
  for (std::uint64_t n = random() % 4; n > 0; --n) {
    p.tensors.push_back({random_name(random), random(),
                         random() & 1 ? arch::ElementType::Int8 : arch::ElementType::Int32, random_integers(random),
                         static_cast<arch::TensorPlace::Role>(random() % 4)});
  }
  for (std::uint64_t n = random() % 4; n > 0; --n) {
    p.layers.push_back({random_name(random), random_name(random),
                        random() & 1 ? arch::Placement::Array : arch::Placement::Host, random(), random_name(random),
                        random()});
  }
  for (std::uint64_t n = random() % 40; n > 0; --n) p.commands.push_back(random_command(random));
  for (std::uint64_t n = random() % 3; n > 0; --n) p.host_ops.push_back(random_host_op(random));
  std::uint32_t next = 0;
  for (std::uint64_t n = random() % 60; n > 0; --n) {
    const auto kind = static_cast<arch::StepKind>(random() % 7);
    if (kind == arch::StepKind::Command || random() % 2 == 0) {
      if (p.commands.empty()) continue;
      // Mostly in order; now and then a jump.
      if (random() % 8 == 0) next = static_cast<std::uint32_t>(random());
      next %= static_cast<std::uint32_t>(p.commands.size());
      p.steps.push_back({arch::StepKind::Command, next++});
    } else if (kind == arch::StepKind::Host) {
      if (!p.host_ops.empty()) p.steps.push_back({kind, static_cast<std::uint32_t>(random() % p.host_ops.size())});
    } else if (kind == arch::StepKind::Layer) {
      if (!p.layers.empty()) p.steps.push_back({kind, static_cast<std::uint32_t>(random() % p.layers.size())});
    } else if (kind == arch::StepKind::Idle) {
      p.steps.push_back({kind, static_cast<std::uint32_t>(random())});
    } else {
      p.steps.push_back({kind, 0});
    }
  }
  return p;
}

}  // namespace gemel::test_support
