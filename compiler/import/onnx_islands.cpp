// SPDX-License-Identifier: Apache-2.0
// Functions of single elements, whatever float operators they are made of, as tables: of all bytes, of all pairs of
// bytes, or of all bytes for each of the constants' combinations that occur.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"
#include "compiler/import/raw_quantization.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/float_island.h"
#include "compiler/quantize/evaluate.h"

namespace gemel::compiler {
namespace {

constexpr std::int64_t kBytes = 256;

struct Island {
  std::vector<std::string> values;  // of the operands
  std::vector<OnnxQuantization> quantizations;
  OnnxQuantization result;
  std::vector<std::string> constants;
};

Island read_island(const OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  Island island;
  const auto operands = static_cast<std::size_t>(node.int_or("operands", 0));
  for (std::size_t i = 0; i < operands; ++i) {
    island.values.push_back(node.input(3 * i));
    island.quantizations.push_back(builder.tensor_quantization(node.input(3 * i + 1), node.input(3 * i + 2)));
  }
  island.result = builder.tensor_quantization(node.input(3 * operands), node.input(3 * operands + 1));
  for (std::size_t i = 3 * operands + 2; i < node.inputs.size(); ++i) island.constants.push_back(node.inputs[i]);
  return island;
}

using Values = std::map<std::string, OnnxTensor>;

void evaluate(const OnnxBuilder& builder, const OnnxNode& node, Values& values) {
  std::vector<const OnnxTensor*> inputs;
  for (const std::string& input : node.inputs) {
    const auto found = values.find(input);
    if (!input.empty() && found == values.end()) builder.fail("reads '" + input + "', which has no value here");
    inputs.push_back(input.empty() ? nullptr : &found->second);
  }
  values[node.outputs[0]] = evaluate_node(node, inputs).at(0);
}

// The body's results on these values, as bytes.
std::vector<std::int8_t> table_of(const OnnxBuilder& builder, const OnnxQuantization& result, const OnnxShape& shape,
                                  Values values) {
  const std::vector<OnnxNode>& body = builder.node().body;
  for (const OnnxNode& node : body) evaluate(builder, node, values);
  const OnnxTensor& last = values.at(body.back().outputs[0]);
  if (last.type != OnnxType::Float || last.shape != shape) {
    builder.fail("makes " + std::string(onnx_type_name(last.type)) + " " + onnx_shape_text(last.shape) +
                 " of single elements; expected float " + onnx_shape_text(shape));
  }
  const RawQuantization raw(result);
  std::vector<std::int8_t> table;
  for (const float value : last.elements<float>()) table.push_back(raw.kept(value));
  return table;
}

// All bytes as real numbers.
OnnxTensor all_bytes(const OnnxQuantization& quantization, OnnxShape shape) {
  const RawQuantization raw(quantization);
  std::vector<float> numbers;
  for (std::int32_t v = -128; v < 128; ++v) numbers.push_back(raw.real(v));
  return make_onnx_tensor(OnnxType::Float, std::move(shape), numbers);
}

// --- constants of several elements -----------------------------------------------------------------------

// A constant as the body reads it against its operand.
struct Parameter {
  std::string name;
  const OnnxTensor* tensor = nullptr;
  OnnxShape shape;  // as it repeats
};

std::vector<Parameter> read_parameters(const OnnxBuilder& builder, const Island& island, std::size_t rank) {
  std::vector<Parameter> parameters;
  for (const std::string& name : island.constants) {
    const OnnxTensor& tensor = builder.need_constant(name, "operand");
    Parameter parameter{name, &tensor, tensor.shape};
    for (const OnnxNode& node : builder.node().body) {
      const bool is_norm = node.op_type == "BatchNormalization";
      const bool is_read = std::find(node.inputs.begin(), node.inputs.end(), name) != node.inputs.end();
      if (is_norm && is_read && tensor.shape.size() == 1 && rank > 2) parameter.shape.resize(rank - 1, 1);
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

OnnxShape common_shape(const OnnxBuilder& builder, const std::vector<Parameter>& parameters) {
  OnnxShape common;
  for (const Parameter& parameter : parameters) {
    const OnnxShape& shape = parameter.shape;
    if (shape.size() > common.size()) common.insert(common.begin(), shape.size() - common.size(), 1);
    for (std::size_t d = 0; d < shape.size(); ++d) {
      std::int64_t& extent = common[common.size() - shape.size() + d];
      if (extent != 1 && shape[d] != 1 && extent != shape[d]) builder.fail("its constants do not fit each other");
      extent = std::max(extent, shape[d]);
    }
  }
  return common;
}

// Index of the parameter's element that position `at` of the common shape reads.
std::size_t element_at(const OnnxShape& shape, const OnnxShape& common, std::size_t at) {
  std::size_t index = 0, step = 1;
  for (std::size_t d = common.size(); d-- > 0;) {
    const auto extent = static_cast<std::size_t>(common[d]);
    const std::size_t position = at % extent, missing = common.size() - shape.size();
    at /= extent;
    if (d < missing) continue;
    const auto own = static_cast<std::size_t>(shape[d - missing]);
    if (own != 1) index += position * step;
    step *= own;
  }
  return index;
}

// Which combination of the constants stands where.
struct Combinations {
  OnnxShape shape;
  std::vector<std::size_t> index;               // of the combination, at each position of the shape
  std::vector<std::vector<std::size_t>> first;  // of each combination, the elements of the parameters
};

Combinations find_combinations(const OnnxBuilder& builder, const std::vector<Parameter>& parameters) {
  constexpr std::int64_t kMostPositions = std::int64_t{1} << 26;
  Combinations result;
  result.shape = common_shape(builder, parameters);
  const std::int64_t positions = onnx_element_count(result.shape);
  if (positions < 1 || positions > kMostPositions) builder.fail("its constants have no or too many elements");
  std::map<std::vector<std::uint8_t>, std::size_t> known;
  for (std::size_t at = 0; at < static_cast<std::size_t>(positions); ++at) {
    std::vector<std::uint8_t> key;
    std::vector<std::size_t> elements;
    for (const Parameter& parameter : parameters) {
      const std::size_t width = onnx_type_bytes(parameter.tensor->type);
      elements.push_back(element_at(parameter.shape, result.shape, at));
      const auto begin = parameter.tensor->data.begin() + static_cast<std::ptrdiff_t>(elements.back() * width);
      key.insert(key.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    }
    const auto [found, is_new] = known.try_emplace(key, known.size());
    if (is_new) result.first.push_back(elements);
    result.index.push_back(found->second);
  }
  if (result.first.size() > static_cast<std::size_t>(kBytes)) {
    builder.fail("its constants have " + std::to_string(result.first.size()) +
                 " different combinations; expected at most 256, or constants behind a DequantizeLinear");
  }
  return result;
}

// The combinations' numbers as a tensor of the graph, against an operand of this layout.
TensorId add_combinations(OnnxBuilder& builder, const Combinations& combinations, bool is_image) {
  std::vector<std::int8_t> bytes;
  for (const std::size_t index : combinations.index) bytes.push_back(static_cast<std::int8_t>(index) ^ -128);
  Shape shape = combinations.shape;
  if (is_image) {
    shape.insert(shape.begin(), 4 - shape.size(), 1);
    std::vector<std::int8_t> turned;
    const auto c = static_cast<std::size_t>(shape[1]), pixels = static_cast<std::size_t>(shape[2] * shape[3]);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::size_t image = i / (c * pixels), rest = i % (c * pixels);
      turned.push_back(bytes[(image * c + rest % c) * pixels + rest / c]);
    }
    bytes = std::move(turned);
    shape = {shape[0], shape[2], shape[3], shape[1]};
  }
  return builder.add_constant(builder.node().name + ".which", shape, bytes);
}

bool fits_image(const OnnxBuilder& builder, const std::string& value, const OnnxShape& constants) {
  return stays_image(builder, value) && constants.size() <= 4;
}

void import_with_constants(OnnxBuilder& builder, const Island& island, const std::vector<Parameter>& parameters) {
  const std::string& x = island.values[0];
  const Combinations combinations = find_combinations(builder, parameters);
  const auto count = static_cast<std::int64_t>(combinations.first.size());
  Values values;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const OnnxTensor& from = *parameters[p].tensor;
    const std::size_t width = onnx_type_bytes(from.type);
    const bool is_row = parameters[p].shape != from.shape;  // of a BatchNormalization: one number a channel
    OnnxTensor to;
    to.type = from.type;
    to.shape = is_row ? OnnxShape{count} : OnnxShape{count, 1};
    for (const std::vector<std::size_t>& elements : combinations.first) {
      const auto begin = from.data.begin() + static_cast<std::ptrdiff_t>(elements[p] * width);
      to.data.insert(to.data.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    }
    if (from.count() == 1) to = from;
    values[parameters[p].name] = std::move(to);
  }
  const OnnxTensor bytes = all_bytes(island.quantizations[0], {kBytes});
  OnnxTensor repeated;
  repeated.type = bytes.type;
  repeated.shape = {1, count, kBytes};
  for (std::int64_t i = 0; i < count; ++i) {
    repeated.data.insert(repeated.data.end(), bytes.data.begin(), bytes.data.end());
  }
  values[island_operand(0)] = repeated;
  const std::vector<std::int8_t> results = table_of(builder, island.result, {1, count, kBytes}, std::move(values));
  std::vector<std::int8_t> table(kBytes * kBytes, 0);
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t v = 0; v < kBytes; ++v) {
      table[static_cast<std::size_t>(v * kBytes + i)] = results[static_cast<std::size_t>(i * kBytes + v)];
    }
  }
  const bool is_image = fits_image(builder, x, combinations.shape);
  builder.remark("a table for each of " + std::to_string(count) + " combinations of its constants");
  define_moved(
      builder, 0, is_image, island.result.type(), LookupPair{},
      {tensor_of(builder, x, is_image), add_combinations(builder, combinations, is_image), builder.add_table(table)});
}

}  // namespace

void import_island(OnnxBuilder& builder) {
  const Island island = read_island(builder);
  for (std::size_t i = 0; i < island.values.size(); ++i) {
    const OnnxType type = builder.type(island.values[i]);
    if (type != island.quantizations[i].type()) {
      builder.fail("'" + island.values[i] + "' is " + onnx_type_name(type) + ", its zero point is " +
                   onnx_type_name(island.quantizations[i].type()));
    }
  }
  const std::vector<Parameter> parameters = read_parameters(builder, island, builder.rank(island.values[0]));
  const bool are_numbers =
      std::all_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return p.tensor->count() == 1; });
  Values values;
  for (const Parameter& parameter : parameters) {
    values[parameter.name] = *parameter.tensor;
    values[parameter.name].shape.clear();
  }
  builder.remark(std::to_string(builder.node().body.size()) + " float operators in one table");
  const OnnxType type = island.result.type();
  if (island.values.size() == 2) {
    if (!are_numbers) builder.fail("constants of several elements beside two quantised values are not supported");
    values[island_operand(0)] = all_bytes(island.quantizations[0], {kBytes, 1});
    values[island_operand(1)] = all_bytes(island.quantizations[1], {1, kBytes});
    const TensorId table = builder.add_table(table_of(builder, island.result, {kBytes, kBytes}, std::move(values)));
    const bool four = builder.rank(island.values[0]) == 4 && builder.rank(island.values[1]) == 4;
    const bool is_image =
        four && (builder.is_channels_last(island.values[0]) || builder.is_channels_last(island.values[1]));
    define_moved(
        builder, 0, is_image, type, LookupPair{},
        {tensor_of(builder, island.values[0], is_image), tensor_of(builder, island.values[1], is_image), table});
    return;
  }
  const bool has_norm = std::any_of(builder.node().body.begin(), builder.node().body.end(),
                                    [](const OnnxNode& node) { return node.op_type == "BatchNormalization"; });
  const bool keeps_shape = std::all_of(parameters.begin(), parameters.end(), [&](const Parameter& p) {
    return p.tensor->shape.size() <= builder.rank(island.values[0]);
  });
  if (!are_numbers || has_norm || !keeps_shape) {
    import_with_constants(builder, island, parameters);
    return;
  }
  values[island_operand(0)] = all_bytes(island.quantizations[0], {kBytes});
  const TensorId table = builder.add_table(table_of(builder, island.result, {kBytes}, std::move(values)));
  const bool is_image = stays_image(builder, island.values[0]);
  define_moved(builder, 0, is_image, type, Lookup{}, {tensor_of(builder, island.values[0], is_image), table});
}

// inputs condition, x, scale, zero point, y, scale, zero point, scale, zero point of the result. Each side becomes 0
// where it is not chosen; then their sum is the chosen one.
void import_where(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxTensor& condition = builder.need_constant(node.input(0), "condition");
  if (condition.type != OnnxType::Bool) builder.fail("condition '" + node.input(0) + "' must be bool");
  const OnnxQuantization result = builder.tensor_quantization(node.input(7), node.input(8));
  const RawQuantization to(result);
  const std::vector<Parameter> parameters{{node.input(0), &condition, condition.shape}};
  const Combinations combinations = find_combinations(builder, parameters);
  const std::string &x = node.input(1), &y = node.input(4);
  const bool is_image = builder.rank(x) == 4 && builder.rank(y) == 4 && condition.shape.size() <= 4 &&
                        (builder.is_channels_last(x) || builder.is_channels_last(y));
  const TensorId which = add_combinations(builder, combinations, is_image);
  const auto side = [&](std::size_t input, bool wanted) {
    const RawQuantization from(builder.tensor_quantization(node.input(input + 1), node.input(input + 2)));
    std::vector<std::int8_t> table(kBytes * kBytes, 0);
    for (std::size_t c = 0; c < combinations.first.size(); ++c) {
      if ((condition.data[combinations.first[c][0]] != 0) != wanted) continue;
      for (std::int32_t v = -128; v < 128; ++v) {
        table[static_cast<std::size_t>((v + 128) * kBytes) + c] = to.kept(from.real(v));
      }
    }
    return builder.add(wanted ? "first" : "second", LookupPair{},
                       {tensor_of(builder, node.input(input), is_image), which, builder.add_table(table)});
  };
  const TensorId first = side(1, true), second = side(4, false);
  std::vector<std::int8_t> sums(kBytes * kBytes);
  for (std::int32_t i = -128; i < 128; ++i) {
    for (std::int32_t j = -128; j < 128; ++j) {
      sums[static_cast<std::size_t>((i + 128) * kBytes + j + 128)] =
          static_cast<std::int8_t>(std::min(std::max(i + j, -128), 127));
    }
  }
  define_moved(builder, 0, is_image, result.type(), LookupPair{}, {first, second, builder.add_table(sums)});
}

}  // namespace gemel::compiler
