// SPDX-License-Identifier: Apache-2.0
// Finds the first node of an ONNX model that computes something else than the integer reference, or than tensors from
// outside, and writes that node alone as a model, with its inputs.
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/config_options.h"
#include "cli/golden.h"
#include "cli/named_tensors.h"
#include "cli/npy_file.h"
#include "cli/output_file.h"
#include "cli/progress_line.h"
#include "cli/work.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/onnx_file.h"
#include "compiler/reference/graph_executor.h"
#include "compiler/reference/result_check.h"
#include "compiler/reference/synthetic.h"
#include "sim/arch/input_error.h"
#include "sim/top/run.h"

namespace gemel::cli {
namespace {

namespace fs = std::filesystem;
using compiler::OnnxModel;
using compiler::OnnxNode;
using compiler::OnnxPlace;
using compiler::OnnxType;
using compiler::OnnxValue;

struct Options {
  std::string work;
  ConfigOptions config;
  std::vector<std::string> inputs;
  std::vector<std::string> dims;
  std::string golden;
  std::string reproduction;
};

arch::ElementType element_type(OnnxType type) {
  if (type == OnnxType::UInt8) return arch::ElementType::UInt8;
  if (type == OnnxType::Float) return arch::ElementType::Float32;
  return type == OnnxType::Int32 ? arch::ElementType::Int32 : arch::ElementType::Int8;
}

// The reference's values of an ONNX model, in its own order of dimensions and its own types.
class ReferenceValues {
 public:
  ReferenceValues(const Work& work, const arch::Program& program) : work_(work), executor_(*work.graph) {
    const std::vector<std::uint8_t> memory = arch::initial_memory(program);
    for (const compiler::TensorId id : work.graph->inputs) {
      const compiler::Tensor& tensor = work.graph->tensor(id);
      const arch::TensorPlace* place = arch::find_tensor(program, tensor.name);
      compiler::TensorValue value = compiler::zero_value(tensor.type, compiler::element_count(tensor.shape));
      void* to = value.int8_data.empty() ? static_cast<void*>(value.int32_data.data()) : value.int8_data.data();
      std::memcpy(to, memory.data() + (place->address - program.base), value.bytes().size());
      executor_.set_input(id, std::move(value));
    }
    executor_.run(true);
  }

  bool has(const std::string& name) const { return work_.onnx->places.count(name) != 0; }

  NpyArray array(const std::string& name) const {
    const OnnxPlace& place = work_.onnx->places.at(name);
    const compiler::Tensor& tensor = work_.graph->tensor(place.tensor);
    std::vector<std::uint8_t> bytes = executor_.has_value(place.tensor) ? executor_.value(place.tensor).bytes()
                                                                        : compiler::constant_value(tensor).bytes();
    const std::size_t width = element_size(tensor.type);
    NpyArray result{element_type(place.type), place.shape, bytes};
    if (place.is_channels_last) {
      const std::int64_t channels = tensor.shape[3];
      const std::int64_t pixels = tensor.shape[1] * tensor.shape[2];
      for (std::int64_t n = 0; n < tensor.shape[0]; ++n) {
        for (std::int64_t p = 0; p < pixels; ++p) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const auto from = static_cast<std::size_t>((n * pixels + p) * channels + c);
            const auto to = static_cast<std::size_t>((n * channels + c) * pixels + p);
            std::memcpy(result.bytes.data() + to * width, bytes.data() + from * width, width);
          }
        }
      }
    }
    if (place.type == OnnxType::UInt8 && tensor.type == arch::ElementType::Int8) {
      for (std::uint8_t& byte : result.bytes) byte ^= 0x80;
    }
    return result;
  }

 private:
  const Work& work_;
  compiler::GraphExecutor executor_;
};

// The node alone: its activations are inputs, its constants stay.
OnnxModel node_alone(const Work& work, const OnnxNode& node) {
  const OnnxModel& model = work.onnx->model;
  OnnxModel alone;
  alone.name = node.name;
  alone.ir_version = model.ir_version;
  alone.opsets = model.opsets;
  for (const std::string& input : node.inputs) {
    if (input.empty()) continue;
    if (const compiler::OnnxTensor* constant = model.initializer(input)) {
      alone.initializers[input] = *constant;
    } else if (!alone.input(input)) {
      const OnnxPlace& place = work.onnx->places.at(input);
      alone.inputs.push_back({input, place.type, place.shape});
    }
  }
  for (const std::string& output : node.outputs) {
    if (output.empty()) continue;
    const OnnxPlace& place = work.onnx->places.at(output);
    alone.outputs.push_back({output, place.type, place.shape});
  }
  alone.nodes.push_back(node);
  return compiler::standard_onnx(alone);
}

void write_reproduction(const Work& work, const OnnxNode& node, const ReferenceValues& values,
                        const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw arch::InputError("--reproduction " + directory + ": " + error.message());
  const OnnxModel alone = node_alone(work, node);
  const fs::path at(directory);
  write_output_file((at / "node.onnx").string(), compiler::onnx_bytes(alone));
  std::string command = "gemel run " + (at / "node.onnx").string();
  for (const OnnxValue& input : alone.inputs) {
    const std::string file = (at / tensor_file_name(input.name)).string();
    write_output_file(file, npy_text(values.array(input.name)));
    command += " --input " + input.name + "=" + file;
  }
  for (const OnnxValue& output : alone.outputs) {
    write_output_file((at / tensor_file_name("expected_" + output.name)).string(), npy_text(values.array(output.name)));
  }
  std::cout << "the node alone: " << command << "\n";
}

// The node that a layer was made of: the one whose name the layer's begins with, the longest of these.
const OnnxNode* node_of_layer(const OnnxModel& model, const std::string& layer) {
  const OnnxNode* best = nullptr;
  for (const OnnxNode& node : model.nodes) {
    const bool begins = layer.compare(0, node.name.size(), node.name) == 0;
    if (begins && (!best || node.name.size() > best->name.size())) best = &node;
  }
  return best;
}

struct Finding {
  const OnnxNode* node = nullptr;
  std::string text;
};

// In the order of the nodes.
Finding compare_with_golden(const Work& work, const ReferenceValues& values, const std::string& directory,
                            std::size_t& compared) {
  for (const OnnxNode& node : work.onnx->model.nodes) {
    for (const std::string& output : node.outputs) {
      const std::string file = (fs::path(directory) / tensor_file_name(output)).string();
      if (output.empty() || !values.has(output) || !fs::exists(file)) continue;
      const NpyArray expected = load_npy(file), got = values.array(output);
      if (got.type != expected.type || got.shape != expected.shape) {
        throw arch::InputError(file + ": it holds " + element_type_name(expected.type) + " " +
                               shape_text(expected.shape) + ", '" + output + "' is " + element_type_name(got.type) +
                               " " + shape_text(got.shape));
      }
      ++compared;
      const std::string difference = array_difference(got, expected);
      if (!difference.empty()) return {&node, "'" + output + "' " + difference + " (" + file + ")"};
    }
  }
  if (compared == 0) {
    throw arch::InputError("--golden " + directory + ": holds no file NAME.npy of a value of the model");
  }
  return {};
}

int verify(const Options& options) {
  if (fs::path(options.work).extension() != ".onnx") {
    throw arch::InputError(options.work + ": expected an ONNX model (.onnx); `gemel run` checks other work");
  }
  const WorkKind kind = find_work_kind(options.work);
  const arch::AcceleratorConfig config = options.config.resolve().config;
  std::error_code error;
  if (!options.golden.empty() && !fs::is_directory(options.golden, error)) {
    throw arch::InputError("--golden " + options.golden + ": is no directory");
  }
  ProgressLine progress;
  progress.show("compiling " + options.work);
  WorkOptions work_options;
  work_options.dims = options.dims;
  Work work = load_work(options.work, kind, config, work_options);
  apply_inputs(work.program, options.inputs);
  progress.show("simulating");
  const arch::LayerResultPlan plan = arch::plan_layer_results(work.program);
  sim::RunOptions run;
  run.captures = plan.captures;
  sim::RunResult result = sim::run_program(work.program, config, run);
  progress.show("checking against the reference");
  const compiler::CheckReport check =
      compiler::check_result(*work.graph, work.program, result.memory,
                             arch::named_contents(plan, std::move(result.captures)), work.optimised_graph.get());
  const ReferenceValues values(work, work.program);
  progress.clear();

  std::size_t compared = 0;
  Finding finding;
  if (!check.first_difference.empty()) {
    finding = {node_of_layer(work.onnx->model, check.first_different_layer),
               "the machine differs from the reference: " + check.first_difference};
  } else if (!options.golden.empty()) {
    finding = compare_with_golden(work, values, options.golden, compared);
  }
  if (finding.text.empty()) {
    std::cout << check.checked_layers << " layers are byte for byte the reference's";
    if (!options.golden.empty()) std::cout << "; " << compared << " values equal those in " << options.golden;
    std::cout << "\n";
    return check.is_verified() ? kDone : kWrongResult;
  }
  std::cout << "WRONG: " << (finding.node ? finding.node->described() + ": " : "") << finding.text << "\n";
  if (finding.node) write_reproduction(work, *finding.node, values, options.reproduction);
  return kWrongResult;
}

}  // namespace

Action add_verify_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("WORK", options->work, "ONNX model")->required();
  options->config.add_to(command);
  command.add_option("--input", options->inputs, "an input tensor (default: synthetic data)")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  command.add_option("--dim", options->dims, "size of a dynamic dimension")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command.add_option("--golden", options->golden, "directory of VALUE.npy from outside, for any values of the model")
      ->type_name("DIR");
  options->reproduction = "reproduction";
  command.add_option("--reproduction", options->reproduction, "where the first wrong node is written")
      ->type_name("DIR")
      ->capture_default_str();
  return [options] { return verify(*options); };
}

}  // namespace gemel::cli
