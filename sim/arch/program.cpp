// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/program.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace gemel::arch {

std::vector<std::uint8_t> initial_memory(const Program& program) {
  std::vector<std::uint8_t> memory(program.size);
  for (const MemorySegment& segment : program.memory) {
    if (segment.bytes.empty()) continue;
    if (segment.address < program.base || segment.bytes.size() > program.size ||
        segment.address - program.base > program.size - segment.bytes.size()) {
      throw std::invalid_argument("memory segment outside the program's region");
    }
    std::memcpy(memory.data() + (segment.address - program.base), segment.bytes.data(), segment.bytes.size());
  }
  return memory;
}

const TensorPlace* find_tensor(const Program& program, const std::string& name) {
  const auto found = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [&](const TensorPlace& tensor) { return tensor.name == name; });
  return found == program.tensors.end() ? nullptr : &*found;
}

bool operator==(const HostTensor& a, const HostTensor& b) {
  return a.address == b.address && a.element_bytes == b.element_bytes && a.shape == b.shape && a.strides == b.strides;
}

bool operator==(const HostOp& a, const HostOp& b) {
  return a.kind == b.kind && a.inputs == b.inputs && a.output == b.output && a.params == b.params &&
         a.scales.size() == b.scales.size() &&
         (a.scales.empty() || std::memcmp(a.scales.data(), b.scales.data(), a.scales.size() * sizeof(float)) == 0);
}

bool operator==(const TensorPlace& a, const TensorPlace& b) {
  return a.name == b.name && a.address == b.address && a.type == b.type && a.shape == b.shape && a.role == b.role;
}

bool operator==(const Layer& a, const Layer& b) {
  return a.name == b.name && a.op == b.op && a.placement == b.placement && a.macs == b.macs && a.output == b.output &&
         a.min_dram_bytes == b.min_dram_bytes;
}

bool operator==(const Program& a, const Program& b) {
  const auto same_segment = [](const MemorySegment& x, const MemorySegment& y) {
    return x.address == y.address && x.bytes == y.bytes;
  };
  const auto same_output = [](const OutputRange& x, const OutputRange& y) {
    return x.address == y.address && x.bytes == y.bytes;
  };
  const auto same_step = [](const Step& x, const Step& y) { return x.kind == y.kind && x.index == y.index; };
  return a.name == b.name && a.config_name == b.config_name && a.isa_version == b.isa_version && a.base == b.base &&
         a.size == b.size && a.macs == b.macs &&
         std::equal(a.memory.begin(), a.memory.end(), b.memory.begin(), b.memory.end(), same_segment) &&
         std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(), same_output) &&
         a.tensors == b.tensors && a.layers == b.layers && a.commands == b.commands && a.host_ops == b.host_ops &&
         std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(), same_step);
}

}  // namespace gemel::arch
