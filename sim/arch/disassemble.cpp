// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/command_text.h"
#include "sim/arch/numerics.h"
#include "sim/arch/program_text.h"
#include "sim/arch/program_words.h"
#include "sim/arch/text_scanner.h"

namespace gemel::arch {

namespace {

void append_list(std::string& out, const std::vector<std::int64_t>& values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    out += std::to_string(values[i]);
  }
  out += ']';
}

void append_memory(std::string& out, const MemorySegment& segment) {
  static constexpr char kDigits[] = "0123456789abcdef";
  constexpr std::size_t kBytesPerLine = 32;
  out += "memory ";
  append_hex(out, segment.address);
  out += '\n';
  for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
    if (i % kBytesPerLine == 0) out += "  ";
    out += kDigits[segment.bytes[i] >> 4];
    out += kDigits[segment.bytes[i] & 15];
    if (i % kBytesPerLine == kBytesPerLine - 1 || i + 1 == segment.bytes.size()) out += '\n';
  }
  out += "end\n";
}

void append_tensor(std::string& out, const char* word, const HostTensor& tensor) {
  out += std::string("  ") + word + " ";
  append_hex(out, tensor.address);
  out += ' ' + std::to_string(tensor.element_bytes) + ' ';
  append_list(out, tensor.shape);
  if (!tensor.strides.empty()) {
    out += " strides ";
    append_list(out, tensor.strides);
  }
  out += '\n';
}

void append_host_op(std::string& out, const HostOp& op) {
  out += std::string("host_op ") + host_op_name(op.kind) + "\n";
  for (const HostTensor& input : op.inputs) append_tensor(out, "input", input);
  append_tensor(out, "output", op.output);
  if (!op.params.empty()) {
    out += "  params ";
    append_list(out, op.params);
    out += '\n';
  }
  if (!op.scales.empty()) {
    out += "  scales";
    for (const float scale : op.scales) {
      out += ' ';
      append_scale_bits(out, bits_from_float(scale));
    }
    out += '\n';
  }
  out += "end\n";
}

void append_heading(std::string& out, const Program& program) {
  out += "gemel-program 1\nname ";
  append_quoted(out, program.name);
  out += "\nconfig ";
  append_quoted(out, program.config_name);
  out += std::string("\nisa ") + isa_version_word(program.isa_version) + "\nbase ";
  append_hex(out, program.base);
  out += "\nsize ";
  append_hex(out, program.size);
  out += "\nmacs " + std::to_string(program.macs) + "\n";
  for (const OutputRange& range : program.outputs) {
    out += "output ";
    append_hex(out, range.address);
    out += ' ';
    append_hex(out, range.bytes);
    out += '\n';
  }
  for (const TensorPlace& tensor : program.tensors) {
    out += "tensor ";
    append_quoted(out, tensor.name);
    out += std::string(" ") + role_word(tensor.role) + ' ' + element_type_word(tensor.type) + ' ';
    append_hex(out, tensor.address);
    out += ' ';
    append_list(out, tensor.shape);
    out += '\n';
  }
  for (const Layer& layer : program.layers) {
    out += "layer ";
    append_quoted(out, layer.name);
    out += ' ';
    append_quoted(out, layer.op);
    out += std::string(" ") + placement_word(layer.placement) + " macs=" + std::to_string(layer.macs) + " output=";
    append_quoted(out, layer.output);
    out += " min_dram_bytes=" + std::to_string(layer.min_dram_bytes) + '\n';
  }
}

void append_code(std::string& out, const Program& program) {
  out += "code\n";
  std::uint32_t next = 0;
  const auto append_until = [&](std::size_t end) {
    for (; next < end; ++next) {
      out += "  define ";
      describe_to(out, program.commands[next], program.isa_version);
      out += '\n';
    }
  };
  for (const Step& step : program.steps) {
    switch (step.kind) {
      case StepKind::Command:
        append_until(step.index);
        out += "  ";
        if (step.index < next) {
          out += "repeat " + std::to_string(step.index);
        } else {
          describe_to(out, program.commands.at(step.index), program.isa_version);
          ++next;
        }
        break;
      case StepKind::Fence:
        out += "  fence";
        break;
      case StepKind::Idle:
        out += "  idle " + std::to_string(step.index);
        break;
      case StepKind::Begin:
        out += "  begin";
        break;
      case StepKind::End:
        out += "  end";
        break;
      case StepKind::Host:
        out += "  host " + std::to_string(step.index);
        break;
      case StepKind::Layer: {
        out += "  layer " + std::to_string(step.index) + "  # ";
        append_quoted(out, program.layers.at(step.index).name);
        break;
      }
    }
    out += '\n';
  }
  append_until(program.commands.size());
}

}  // namespace

std::string disassemble(const Program& program) {
  std::string out;
  std::size_t expected = 4096 + program.commands.size() * 100;
  for (const MemorySegment& segment : program.memory) expected += segment.bytes.size() * 35 / 16 + 64;
  out.reserve(expected);
  append_heading(out, program);
  for (const MemorySegment& segment : program.memory) append_memory(out, segment);
  for (const HostOp& op : program.host_ops) append_host_op(out, op);
  append_code(out, program);
  return out;
}

}  // namespace gemel::arch
