// SPDX-License-Identifier: Apache-2.0
#include "cli/stimulus.h"

#include <algorithm>

namespace gemel::cli {
namespace {

constexpr std::size_t kMostLineBytes = std::size_t{1} << 16;

using arch::StepKind;

std::vector<arch::MemorySegment> in_lines(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  std::vector<arch::MemorySegment> lines;
  for (std::size_t at = 0; at < bytes.size(); at += kMostLineBytes) {
    const std::size_t count = std::min(kMostLineBytes, bytes.size() - at);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    lines.push_back({address + at, {first, first + static_cast<std::ptrdiff_t>(count)}});
  }
  return lines;
}

// From the first byte of a host tensor to behind the last; strides are not negative.
arch::MemoryCapture extent_of(const arch::HostTensor& tensor, std::size_t step) {
  std::int64_t last = 0, dense = 1;
  for (std::size_t d = tensor.shape.size(); d-- > 0;) {
    last += (tensor.shape[d] - 1) * (tensor.strides.empty() ? dense : tensor.strides[d]);
    dense *= tensor.shape[d];
  }
  return {step, tensor.address, static_cast<std::uint64_t>(last + 1) * tensor.element_bytes};
}

}  // namespace

std::vector<arch::MemoryCapture> host_write_captures(const arch::Program& program) {
  std::vector<arch::MemoryCapture> captures;
  for (std::size_t s = 0; s < program.steps.size(); ++s) {
    const arch::Step& step = program.steps[s];
    if (step.kind == StepKind::Host) captures.push_back(extent_of(program.host_ops.at(step.index).output, s));
  }
  return captures;
}

arch::RoccStream stimulus_of(const arch::Program& program, const std::vector<std::vector<std::uint8_t>>& host_writes) {
  arch::RoccStream stream;
  stream.name = program.name;
  stream.isa_version = program.isa_version;
  stream.base = program.base;
  stream.size = program.size;
  stream.outputs = program.outputs;
  stream.macs = program.macs;
  stream.commands = program.commands;
  for (const arch::MemorySegment& segment : program.memory) {
    for (arch::MemorySegment& line : in_lines(segment.address, segment.bytes)) stream.data.push_back(std::move(line));
  }
  const std::vector<arch::MemoryCapture> captures = host_write_captures(program);
  std::size_t write = 0;
  for (const arch::Step& step : program.steps) {
    switch (step.kind) {
      case StepKind::Command:
      case StepKind::Idle:
      case StepKind::Fence:
      case StepKind::Begin:
      case StepKind::End:
        stream.steps.push_back(step);
        break;
      case StepKind::Layer:  // a mark of the compiler
        break;
      case StepKind::Host: {
        const bool at_rest = stream.steps.empty() || stream.steps.back().kind == StepKind::Fence ||
                             stream.steps.back().kind == StepKind::Host;
        if (!at_rest) stream.steps.push_back({StepKind::Fence, 0});
        for (arch::MemorySegment& line : in_lines(captures.at(write).address, host_writes.at(write))) {
          stream.steps.push_back({StepKind::Host, static_cast<std::uint32_t>(stream.writes.size())});
          stream.writes.push_back(std::move(line));
        }
        ++write;
        break;
      }
    }
  }
  return stream;
}

}  // namespace gemel::cli
