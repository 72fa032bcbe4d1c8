// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/program_checker.h"

#include "sim/arch/command_checker.h"
#include "sim/arch/command_text.h"

namespace gemel::arch {

std::string ProgramViolation::message(const Program& program) const {
  std::string text = "program";
  if (command != kNone) {
    text = "command " + std::to_string(command) + " (" + describe(program.commands[command], program.isa_version) + ")";
  } else if (step != kNone) {
    text = "step " + std::to_string(step);
  }
  if (!layer.empty()) text += " of layer '" + layer + "'";
  return text + ": " + what;
}

std::optional<ProgramViolation> find_violation(const Program& program, const AcceleratorConfig& config,
                                               const CheckOptions& options) {
  ProgramViolation at;
  at.step = at.command = ProgramViolation::kNone;
  CommandChecker checker(program, config);
  if (options.storage_starts_as_zero) checker.write_all();
  bool fenced = true;
  try {
    checker.program_parts();
    for (at.step = 0; at.step < program.steps.size(); ++at.step) {
      const Step& step = program.steps[at.step];
      at.command = ProgramViolation::kNone;
      switch (step.kind) {
        case StepKind::Command:
          if (step.index >= program.commands.size())
            violate("command " + std::to_string(step.index) + " does not exist");
          at.command = step.index;
          checker.command(program.commands[step.index]);
          fenced = false;
          break;
        case StepKind::Fence:
          fenced = true;
          break;
        case StepKind::Host:
          if (step.index >= program.host_ops.size())
            violate("host operator " + std::to_string(step.index) + " does not exist");
          if (!fenced) violate("a host operator without a fence before it");
          checker.host_op(program.host_ops[step.index]);
          break;
        case StepKind::Layer:
          if (step.index >= program.layers.size()) violate("layer " + std::to_string(step.index) + " does not exist");
          at.layer = program.layers[step.index].name;
          break;
        case StepKind::Idle:
        case StepKind::Begin:
        case StepKind::End:
          break;
      }
    }
  } catch (Violation& violation) {
    at.what = std::move(violation.what);
    at.row = violation.row;
    return at;
  }
  return std::nullopt;
}

}  // namespace gemel::arch
