// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/layer_reader.h"

#include <algorithm>
#include <limits>

#include "compiler/graph/verify.h"
#include "compiler/import/window_reader.h"

namespace gemel::compiler {
namespace {

using arch::YamlMap;
using arch::YamlValue;

constexpr std::int64_t kMostChannels = 1 << 20;
constexpr std::int64_t kMostExtent = std::int64_t{1} << 28;

// One layer being read: its file entry, the scope and the builder.
struct LayerContext {
  const YamlValue& value;
  const YamlMap& map;
  NetworkBuilder& builder;
  const LayerScope& scope;
  std::string name;  // full

  const Shape& shape(TensorId id) const { return builder.graph().tensor(id).shape; }

  std::vector<TensorId> inputs(std::size_t least, std::size_t most) const {
    std::vector<TensorId> ids;
    const auto given = map.find("inputs");
    if (!given) {
      if (!scope.has_previous) value.fail("no tensor to read; name one with inputs");
      if (least > 1) map.at("inputs");
      return {scope.previous};
    }
    if (given->is_scalar()) {
      ids.push_back(read_tensor(*given, scope));
    } else {
      for (const YamlValue& entry : given->as_list()) ids.push_back(read_tensor(entry, scope));
    }
    if (ids.size() < least || ids.size() > most) {
      given->fail("expected " + std::to_string(least) + (most == least ? "" : " or more") +
                  (most == 1 ? " tensor, got " : " tensors, got ") + std::to_string(ids.size()));
    }
    return ids;
  }
  TensorId input() const { return inputs(1, 1)[0]; }

  std::int64_t whole(const char* key, std::int64_t min, std::int64_t max) const {
    return map.at(key).as_whole_number(min, max);
  }
  std::int64_t whole_or(const char* key, std::int64_t otherwise, std::int64_t min, std::int64_t max) const {
    const auto given = map.find(key);
    return given ? given->as_whole_number(min, max) : otherwise;
  }
  bool flag_or(const char* key, bool otherwise) const {
    const auto given = map.find(key);
    return given ? given->as_bool() : otherwise;
  }
  std::optional<float> scale(const char* key) const {
    const auto given = map.find(key);
    if (!given) return std::nullopt;
    const auto number = static_cast<float>(given->as_number(0.0, 1e9));
    if (!(number >= std::numeric_limits<float>::min())) given->fail("a scale must be above 0");
    return number;
  }
  float scale_or(const char* key, float otherwise) const { return scale(key).value_or(otherwise); }

  bool relu() const {
    const auto given = map.find("activation");
    // relu6 is relu whose upper limit is int8's: the calibrated scale puts 6.0 at or above 127.
    return given && given->as_choice<bool>({{"none", false}, {"relu", true}, {"relu6", true}});
  }

  LayerFinish finish() const {
    LayerFinish result;
    result.relu = relu();
    result.scale = scale("scale");
    return result;
  }
  LayerFinish finish_with_residual() const {
    LayerFinish result = finish();
    if (const auto residual = map.find("add")) {
      result.residual = read_tensor(*residual, scope);
    }
    if (const auto multiplier = map.find("add_multiplier")) {
      if (!result.residual) multiplier->fail("has no effect without add");
      result.residual_multiplier = static_cast<std::int32_t>(multiplier->as_whole_number(-128, 127));
      if (*result.residual_multiplier == 0) multiplier->fail("must not be 0; leave out add instead");
    }
    return result;
  }

  Window window(TensorId x, std::int64_t default_stride, bool has_dilation) const {
    const Shape& image = shape(x);
    if (image.size() != 4) {
      value.fail("needs an image [batch, height, width, channels], but '" + builder.graph().tensor(x).name + "' is " +
                 describe_shape(image));
    }
    return read_window(map, image[1], image[2], default_stride, has_dilation);
  }
};

TensorId build_convolution(const LayerContext& layer, TensorId x, std::int64_t out_channels, std::int64_t groups) {
  ConvolutionSpec spec;
  spec.window = layer.window(x, 1, true);
  spec.out_channels = out_channels;
  spec.groups = groups;
  spec.bias = layer.flag_or("bias", true);
  return layer.builder.convolution(layer.name, x, spec, layer.finish_with_residual());
}

TensorId read_conv2d(const LayerContext& layer) {
  const TensorId x = layer.input();
  return build_convolution(layer, x, layer.whole("out_channels", 1, kMostChannels),
                           layer.whole_or("groups", 1, 1, kMostChannels));
}

TensorId read_depthwise(const LayerContext& layer) {
  const TensorId x = layer.input();
  layer.window(x, 1, true);
  return build_convolution(layer, x, layer.shape(x)[3], layer.shape(x)[3]);
}

TensorId read_linear(const LayerContext& layer) {
  const TensorId x = layer.input();
  return layer.builder.linear(layer.name, x, layer.whole("out_features", 1, kMostChannels), layer.flag_or("bias", true),
                              layer.finish_with_residual());
}

TensorId read_matmul(const LayerContext& layer) {
  const std::vector<TensorId> operands = layer.inputs(2, 2);
  const MatMul op{layer.flag_or("transpose_a", false), layer.flag_or("transpose_b", false)};
  return layer.builder.matmul(layer.name, operands[0], operands[1], op, layer.finish_with_residual());
}

TensorId read_add(const LayerContext& layer) {
  const std::vector<TensorId> operands = layer.inputs(2, 2);
  Add op;
  if (const auto multipliers = layer.map.find("multipliers")) {
    const std::vector<std::int64_t> list = multipliers->as_whole_number_list(-128, 127);
    if (list.size() != 2) multipliers->fail("expected two whole numbers, one for each input");
    op = {static_cast<std::int32_t>(list[0]), static_cast<std::int32_t>(list[1])};
  }
  return layer.builder.add(layer.name, operands[0], operands[1], op, layer.finish());
}

TensorId read_max_pool(const LayerContext& layer) {
  const TensorId x = layer.input();
  const MaxPool op{layer.window(x, 0, false)};
  if (op.window.padding.any() && !non_negative_tensors(layer.builder.graph())[x]) {
    layer.map.at("padding").fail(
        "the machine counts padding as 0, so a padded max_pool needs an input that comes from a relu");
  }
  return layer.builder.plain(layer.name, op, {x});
}

TensorId read_average_pool(const LayerContext& layer) {
  const TensorId x = layer.input();
  return layer.builder.average_pool(layer.name, x, layer.window(x, 0, false), layer.scale("scale"));
}

TensorId read_global_average_pool(const LayerContext& layer) {
  const TensorId x = layer.input();
  const Shape image = layer.shape(x);
  if (image.size() != 4) {
    layer.value.fail("needs an image [batch, height, width, channels], but '" + layer.builder.graph().tensor(x).name +
                     "' is " + describe_shape(image));
  }
  Window window;
  window.kernel_h = image[1];
  window.kernel_w = image[2];
  return layer.builder.average_pool(layer.name, x, window, layer.scale("scale"));
}

TensorId read_relu(const LayerContext& layer) { return layer.builder.plain(layer.name, Relu{}, {layer.input()}); }

TensorId read_requantize(const LayerContext& layer) {
  layer.map.at("scale");
  return layer.builder.plain(layer.name, Requantize{*layer.scale("scale")}, {layer.input()});
}

TensorId read_softmax(const LayerContext& layer) {
  Softmax op;
  op.causal = layer.flag_or("causal", false);
  if (const auto offset = layer.map.find("causal_offset")) {
    if (!op.causal) offset->fail("has no effect without causal: true");
    op.causal_offset = offset->as_whole_number(0, kMostExtent);
  }
  return layer.builder.softmax(layer.name, layer.input(), op, layer.scale("input_scale"), layer.scale("output_scale"));
}

TensorId read_gelu(const LayerContext& layer) {
  const Gelu op{layer.scale_or("input_scale", 1.0f / 32), layer.scale_or("output_scale", 1.0f / 32)};
  return layer.builder.plain(layer.name, op, {layer.input()});
}

TensorId read_layer_norm(const LayerContext& layer) {
  LayerNorm op;
  op.input_scale = layer.scale_or("input_scale", 1.0f / 32);
  op.output_scale = layer.scale_or("output_scale", 1.0f / 32);
  op.epsilon = layer.scale_or("epsilon", 1e-5f);
  return layer.builder.layer_norm(layer.name, layer.input(), op);
}

TensorId read_mul(const LayerContext& layer) {
  const Mul op{layer.scale_or("a_scale", 1.0f / 32), layer.scale_or("b_scale", 1.0f / 32),
               layer.scale_or("output_scale", 1.0f / 32)};
  return layer.builder.plain(layer.name, op, layer.inputs(2, 2));
}

std::size_t read_axis(const LayerContext& layer, TensorId x) {
  const auto rank = static_cast<std::int64_t>(layer.shape(x).size());
  return static_cast<std::size_t>(layer.whole("axis", 0, std::max<std::int64_t>(rank - 1, 0)));
}

TensorId read_concat(const LayerContext& layer) {
  const std::vector<TensorId> parts = layer.inputs(2, 1024);
  return layer.builder.plain(layer.name, Concat{read_axis(layer, parts[0])}, parts);
}

TensorId read_reshape(const LayerContext& layer) {
  const TensorId x = layer.input();
  const std::vector<std::int64_t> shape = layer.map.at("shape").as_whole_number_list(1, kMostExtent);
  return layer.builder.plain(layer.name, Reshape{shape}, {x});
}

TensorId read_flatten(const LayerContext& layer) {
  const TensorId x = layer.input();
  const Shape& shape = layer.shape(x);
  const std::int64_t batch = shape.empty() ? 1 : shape[0];
  return layer.builder.plain(layer.name, Reshape{{batch, element_count(shape) / batch}}, {x});
}

TensorId read_transpose(const LayerContext& layer) {
  const TensorId x = layer.input();
  Transpose op;
  for (std::int64_t axis : layer.map.at("permutation").as_whole_number_list(0, 15)) {
    op.permutation.push_back(static_cast<std::size_t>(axis));
  }
  return layer.builder.plain(layer.name, op, {x});
}

TensorId read_slice(const LayerContext& layer) {
  const TensorId x = layer.input();
  const Slice op{read_axis(layer, x), layer.whole("begin", 0, kMostExtent), layer.whole("end", 1, kMostExtent)};
  return layer.builder.plain(layer.name, op, {x});
}

TensorId read_constant(const LayerContext& layer) {
  return layer.builder.constant(layer.name, layer.map.at("shape").as_whole_number_list(1, kMostExtent));
}

struct LayerKind {
  const char* op;
  std::vector<std::string> keys;  // besides name, op and inputs
  TensorId (*read)(const LayerContext&);
  bool has_inputs = true;
};

const std::vector<LayerKind>& layer_kinds() {
  static const std::vector<LayerKind> kinds = {
      {"conv2d",
       {"out_channels", "kernel", "stride", "padding", "dilation", "groups", "bias", "activation", "add",
        "add_multiplier", "scale"},
       read_conv2d},
      {"depthwise_conv2d",
       {"kernel", "stride", "padding", "dilation", "bias", "activation", "add", "add_multiplier", "scale"},
       read_depthwise},
      {"linear", {"out_features", "bias", "activation", "add", "add_multiplier", "scale"}, read_linear},
      {"matmul", {"transpose_a", "transpose_b", "activation", "add", "add_multiplier", "scale"}, read_matmul},
      {"add", {"multipliers", "activation", "scale"}, read_add},
      {"max_pool", {"kernel", "stride", "padding"}, read_max_pool},
      {"average_pool", {"kernel", "stride", "padding", "scale"}, read_average_pool},
      {"global_average_pool", {"scale"}, read_global_average_pool},
      {"relu", {}, read_relu},
      {"requantize", {"scale"}, read_requantize},
      {"softmax", {"input_scale", "output_scale", "causal", "causal_offset"}, read_softmax},
      {"gelu", {"input_scale", "output_scale"}, read_gelu},
      {"layer_norm", {"input_scale", "output_scale", "epsilon"}, read_layer_norm},
      {"mul", {"a_scale", "b_scale", "output_scale"}, read_mul},
      {"concat", {"axis"}, read_concat},
      {"reshape", {"shape"}, read_reshape},
      {"flatten", {}, read_flatten},
      {"transpose", {"permutation"}, read_transpose},
      {"slice", {"axis", "begin", "end"}, read_slice},
      {"constant", {"shape"}, read_constant, false},
  };
  return kinds;
}

const LayerKind& kind_of(const YamlValue& layer) {
  const auto op = layer.peek("op");
  std::vector<std::string> known;
  for (const LayerKind& kind : layer_kinds()) known.push_back(kind.op);
  if (!op) layer.fail("missing key 'op'" + arch::suggestion("", known));
  const std::string name = op->as_text();
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) op->fail("unknown op '" + name + "'" + arch::suggestion(name, known));
  return layer_kinds()[static_cast<std::size_t>(found - known.begin())];
}

}  // namespace

std::string read_name(const YamlValue& value) {
  std::string name = value.as_text();
  const bool fits = !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c < 128 && std::isalnum(c)) || c == '_' || c == '-';
  });
  if (!fits) value.fail("a name has letters, digits, '_' and '-' only");
  if (name == "block_input") value.fail("'block_input' is the name of what enters a repeat; choose another");
  return name;
}

TensorId read_tensor(const YamlValue& value, const LayerScope& scope) {
  const std::string name = value.as_text();
  std::vector<std::string> known;
  for (const LayerScope* s = &scope; s != nullptr; s = s->outer) {
    const auto found = s->tensors.find(name);
    if (found != s->tensors.end()) return found->second;
    for (const auto& entry : s->tensors) known.push_back(entry.first);
  }
  const std::string near = arch::nearest_name(name, known);
  value.fail("no input or earlier layer is named '" + name + "'" +
             (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

void read_layer(const YamlValue& layer, NetworkBuilder& builder, LayerScope& scope) {
  const LayerKind& kind = kind_of(layer);
  std::vector<std::string> keys = kind.keys;
  keys.insert(keys.begin(), {"name", "op"});
  if (kind.has_inputs) keys.push_back("inputs");
  const YamlMap map = layer.as_map(keys);
  const std::string name = read_name(map.at("name"));
  if (scope.tensors.count(name) != 0) map.at("name").fail("a second layer or input is named '" + name + "'");
  const LayerContext context{layer, map, builder, scope, scope.prefix + name};
  TensorId result = 0;
  try {
    result = kind.read(context);
  } catch (const GraphError& error) {
    // The place says which layer it is; a leading "'name': " or "'name.part': " would repeat it.
    const std::string message = error.what();
    const std::size_t end = message.find("': ");
    const bool repeats =
        message.compare(0, context.name.size() + 1, "'" + context.name) == 0 && end != std::string::npos;
    layer.fail(repeats ? message.substr(end + 3) : message);
  }
  scope.tensors[name] = result;
  if (kind.has_inputs) {
    scope.previous = result;
    scope.has_previous = true;
  }
}

}  // namespace gemel::compiler
