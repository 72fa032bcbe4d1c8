// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/workload_yaml.h"

#include <algorithm>

#include "compiler/graph/verify.h"
#include "compiler/import/layer_reader.h"
#include "compiler/import/network_builder.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::compiler {
namespace {

using arch::YamlMap;
using arch::YamlValue;

void read_inputs(const YamlValue& inputs, NetworkBuilder& builder, LayerScope& scope) {
  const std::vector<YamlValue> list = inputs.as_list();
  if (list.empty()) inputs.fail("a workload needs at least one input");
  for (const YamlValue& entry : list) {
    const YamlMap map = entry.as_map({"name", "shape", "type"});
    const std::string name = read_name(map.at("name"));
    if (scope.tensors.count(name) != 0) map.at("name").fail("a second input is named '" + name + "'");
    if (const auto type = map.find("type")) type->as_choice<ElementType>({{"int8", ElementType::Int8}});
    Shape shape = map.at("shape").as_whole_number_list(1, std::int64_t{1} << 28);
    if (shape.empty()) map.at("shape").fail("needs at least one dimension");
    try {
      scope.tensors[name] = builder.input(name, std::move(shape));
    } catch (const GraphError& error) {
      entry.fail(error.what());
    }
  }
  scope.previous = scope.tensors.at(list[0].as_map({"name", "shape", "type"}).at("name").as_text());
  scope.has_previous = true;
}

void read_layers(const YamlValue& layers, NetworkBuilder& builder, LayerScope& scope);

// {repeat: n, name: block, layers: [...]}: the layers n times, each time reading what the time before made.
void read_block(const YamlValue& block, NetworkBuilder& builder, LayerScope& scope) {
  const YamlMap map = block.as_map({"repeat", "name", "layers"});
  const std::int64_t times = map.at("repeat").as_whole_number(1, 1000);
  const std::string name = read_name(map.at("name"));
  if (scope.tensors.count(name) != 0) map.at("name").fail("a second layer or input is named '" + name + "'");
  for (std::int64_t i = 0; i < times; ++i) {
    LayerScope inner;
    inner.outer = &scope;
    inner.prefix = scope.prefix + name + "." + std::to_string(i) + ".";
    inner.previous = scope.previous;
    inner.has_previous = scope.has_previous;
    if (scope.has_previous) inner.tensors["block_input"] = scope.previous;
    read_layers(map.at("layers"), builder, inner);
    scope.previous = inner.previous;
  }
  scope.tensors[name] = scope.previous;  // a later layer may read the block's result by the block's name
}

void read_layers(const YamlValue& layers, NetworkBuilder& builder, LayerScope& scope) {
  const std::vector<YamlValue> list = layers.as_list();
  if (list.empty()) layers.fail("needs at least one layer");
  for (const YamlValue& layer : list) {
    if (!layer.is_map()) layer.fail("expected a layer {name, op, ...} or a block {repeat, name, layers}");
    if (layer.peek("repeat")) {
      read_block(layer, builder, scope);
    } else {
      read_layer(layer, builder, scope);
    }
  }
}

// The named tensors, or, where none are named, every result that nothing reads.
std::vector<TensorId> read_outputs(const YamlMap& map, const Graph& graph, const LayerScope& scope) {
  std::vector<TensorId> outputs;
  const auto producers = producers_of(graph);
  if (const auto named = map.find("outputs")) {
    for (const YamlValue& entry : named->as_list()) {
      const TensorId id = read_tensor(entry, scope);
      if (producers[id] == kNoNode) entry.fail("an output must be the result of a layer");
      if (std::count(outputs.begin(), outputs.end(), id) != 0) entry.fail("is named twice");
      outputs.push_back(id);
    }
    if (outputs.empty()) named->fail("needs at least one output");
    return outputs;
  }
  const auto consumers = consumers_of(graph);
  for (TensorId id = 0; id < graph.tensors.size(); ++id) {
    if (producers[id] != kNoNode && consumers[id].empty()) outputs.push_back(id);
  }
  if (outputs.empty()) map.at("layers").fail("no layer computes anything");
  return outputs;
}

Graph build(const YamlValue& file) {
  const YamlMap map = file.as_map({"schema", "name", "inputs", "layers", "outputs"});
  map.at("schema").as_choice<bool>({{"workload/v1", true}});
  NetworkBuilder builder(read_name(map.at("name")));
  LayerScope scope;
  read_inputs(map.at("inputs"), builder, scope);
  read_layers(map.at("layers"), builder, scope);
  try {
    return builder.finish(read_outputs(map, builder.graph(), scope));
  } catch (const GraphError& error) {
    file.fail(error.what());
  }
}

}  // namespace

Graph load_workload(const std::string& path) { return build(arch::load_yaml(path)); }
Graph parse_workload(const std::string& text, const std::string& file) { return build(arch::parse_yaml(text, file)); }

}  // namespace gemel::compiler
