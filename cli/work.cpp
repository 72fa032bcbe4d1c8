// SPDX-License-Identifier: Apache-2.0
#include "cli/work.h"

#include <filesystem>

#include "sim/arch/input_error.h"
#include "sim/arch/program_text.h"

namespace gemel::cli {

namespace fs = std::filesystem;

WorkKind find_work_kind(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw arch::InputError(path + ": cannot be read: there is no such file");
  if (fs::is_directory(path, error)) throw arch::InputError(path + ": is a directory; expected a file");
  const std::string ending = fs::path(path).extension().string();
  if (ending == ".onnx") {
    throw arch::InputError(path + ": ONNX files are not supported yet; write the layers as a workload (.yaml)");
  }
  if (ending == ".yaml" || ending == ".yml") return WorkKind::Workload;
  return ending == ".rocc" ? WorkKind::Stream : WorkKind::Program;
}

Work load_work(const std::string& path, WorkKind kind, const arch::AcceleratorConfig& /*config*/) {
  if (kind == WorkKind::Workload) throw arch::InputError(path + ": workloads are not supported yet");
  Work work;
  work.kind = kind;
  work.program = arch::load_any_program(path);
  work.name = work.program.name;
  return work;
}

}  // namespace gemel::cli
