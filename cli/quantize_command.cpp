// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/npy_file.h"
#include "cli/output_file.h"
#include "cli/progress_line.h"
#include "cli/work.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/onnx_file.h"
#include "compiler/quantize/error_report.h"
#include "compiler/quantize/quantize_model.h"
#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string model;
  std::string output;
  std::string profile;
  std::string write_profile;
  std::string method = "min_max";
  double percentile = 99.99;
  bool has_percentile = false;
  bool per_channel = false;
  int samples = 1;
  std::uint64_t seed = 1;
  std::vector<std::string> inputs;
  std::vector<std::string> dims;
};

compiler::Calibration read_calibration(const Options& options) {
  compiler::Calibration calibration;
  calibration.percentile = options.percentile;
  if (options.method == "min_max") return calibration;
  if (options.method == "percentile") {
    calibration.method = compiler::CalibrationMethod::Percentile;
  } else if (options.method == "entropy") {
    calibration.method = compiler::CalibrationMethod::Entropy;
  } else {
    throw arch::InputError("--method " + options.method + ": no such method; known: min_max, percentile, entropy");
  }
  return calibration;
}

void check_options(const Options& options) {
  const std::string percentile = std::to_string(options.percentile);
  if (!(options.percentile > 0 && options.percentile <= 100)) {
    throw arch::InputError("--percentile " + percentile + ": expected more than 0 and at most 100");
  }
  if (options.has_percentile && options.method != "percentile") {
    throw arch::InputError("--percentile: only --method percentile has one");
  }
  if (options.samples < 1 || options.samples > 100000) {
    throw arch::InputError("--samples " + std::to_string(options.samples) + ": expected 1 to 100000");
  }
  if (!options.profile.empty() && options.per_channel) {
    throw arch::InputError("--per-channel: the profile of --profile says it; leave this out");
  }
  if (!options.output.empty()) check_output_path(options.output, options.model);
  if (!options.write_profile.empty()) check_output_path(options.write_profile, options.model);
}

compiler::OnnxTensor load_sample(const std::string& path, const compiler::OnnxValue& input) {
  const NpyArray array = load_npy(path);
  const bool is_wide = input.type == compiler::OnnxType::Int64;
  if (is_wide || input.type == compiler::OnnxType::Int32) {
    if (array.type != arch::ElementType::Int32 || array.shape != input.shape) {
      throw arch::InputError(path + ": holds " + element_type_name(array.type) + " " + shape_text(array.shape) +
                             "; input '" + input.name + "' wants whole numbers " + shape_text(input.shape));
    }
    const compiler::OnnxTensor tensor{compiler::OnnxType::Int32, array.shape, array.bytes};
    return is_wide ? compiler::make_onnx_tensor(input.type, array.shape, tensor.integers()) : tensor;
  }
  if (array.type != arch::ElementType::Float32 || array.shape != input.shape) {
    throw arch::InputError(path + ": holds " + element_type_name(array.type) + " " + shape_text(array.shape) +
                           "; input '" + input.name + "' wants float32 " + shape_text(input.shape));
  }
  compiler::OnnxTensor tensor{compiler::OnnxType::Float, array.shape, array.bytes};
  for (const float v : tensor.elements<float>()) {
    if (!std::isfinite(v)) throw arch::InputError(path + ": holds numbers that are not finite");
  }
  return tensor;
}

// The n-th file of each input belongs to the n-th sample; what has no file is generated.
std::vector<compiler::NamedOnnxTensors> read_samples(const Options& options, const compiler::OnnxModel& model) {
  std::map<std::string, std::vector<compiler::OnnxTensor>> files;
  std::size_t count = options.inputs.empty() ? static_cast<std::size_t>(options.samples) : 0;
  for (const std::string& assignment : options.inputs) {
    const std::size_t equals = assignment.find('=');
    const std::string name = assignment.substr(0, equals);
    if (equals == std::string::npos) throw arch::InputError("--input " + assignment + ": expected NAME=FILE.npy");
    const compiler::OnnxValue* input = model.input(name);
    if (!input) throw arch::InputError("--input " + assignment + ": the model has no input '" + name + "'");
    files[name].push_back(load_sample(assignment.substr(equals + 1), *input));
    count = std::max(count, files[name].size());
  }
  std::vector<compiler::NamedOnnxTensors> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(compiler::generated_inputs(model, options.seed + i));
    for (const auto& [name, tensors] : files) {
      if (tensors.size() != count) {
        throw arch::InputError("--input: input '" + name + "' has " + std::to_string(tensors.size()) +
                               " files and another has " + std::to_string(count));
      }
      samples.back()[name] = tensors[i];
    }
  }
  return samples;
}

int quantize(const Options& options) {
  check_options(options);
  const compiler::Calibration calibration = read_calibration(options);
  ProgressLine progress;
  progress.show("reading " + options.model);
  const compiler::OnnxModel model = compiler::load_onnx(options.model, read_dims(options.dims));
  if (!compiler::is_float_model(model)) {
    throw arch::InputError(options.model +
                           ": is quantised already, or has neither float inputs nor float tables that inputs index; "
                           "expected a float model");
  }
  try {
    const std::vector<compiler::NamedOnnxTensors> samples = read_samples(options, model);
    progress.show("simplifying");
    const compiler::ModelQuantizer quantizer(model, samples);
    progress.show("calibrating on " + std::to_string(samples.size()) + " samples");
    const compiler::QuantizationProfile profile = options.profile.empty()
                                                      ? quantizer.calibrate(calibration, options.per_channel)
                                                      : compiler::load_profile(options.profile);
    const compiler::OnnxModel quantized = quantizer.quantized(profile);
    progress.show("comparing with the float model");
    const std::string table = error_table(compiler::quantization_error(quantizer.simplified(), quantized, samples));
    progress.clear();
    if (!options.write_profile.empty()) write_output_file(options.write_profile, compiler::profile_text(profile));
    if (!options.output.empty()) write_output_file(options.output, compiler::onnx_bytes(quantized));
    std::cout << table;
  } catch (const compiler::OnnxError& error) {
    throw arch::InputError(options.model + ": " + error.what());
  }
  return kDone;
}

}  // namespace

Action add_quantize_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("MODEL", options->model, "float model (.onnx)")->required();
  command.add_option("-o,--output", options->output, "write the int8 model (QDQ)")->type_name("Q.onnx");
  command.add_option("--profile", options->profile, "take limits from this file instead of calibrating")
      ->type_name("F.yaml");
  command.add_option("--write-profile", options->write_profile, "write the limits, to read and edit")
      ->type_name("F.yaml");
  command.add_option("--method", options->method, "min_max, percentile or entropy")->capture_default_str();
  CLI::Option* percentile =
      command.add_option("--percentile", options->percentile, "share of numbers that does not saturate")
          ->capture_default_str();
  command.add_flag("--per-channel", options->per_channel, "a scale for each output channel of weights");
  command.add_option("--samples", options->samples, "generated inputs to calibrate on")->capture_default_str();
  command.add_option("--seed", options->seed, "of generated inputs")->capture_default_str();
  command.add_option("--input", options->inputs, "calibrate on this file; the n-th of each input is the n-th sample")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  command.add_option("--dim", options->dims, "size of a dynamic dimension")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  return [options, percentile] {
    options->has_percentile = percentile->count() != 0;
    return quantize(*options);
  };
}

}  // namespace gemel::cli
