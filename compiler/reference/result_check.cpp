// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/result_check.h"

#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "compiler/reference/graph_executor.h"

namespace gemel::compiler {
namespace {

TensorValue value_in_memory(const arch::Program& program, const std::vector<std::uint8_t>& memory,
                            const arch::TensorPlace& place) {
  const std::int64_t count = element_count(place.shape);
  TensorValue value = zero_value(place.type, count);
  void* to = element_bytes(place.type) == 1 ? static_cast<void*>(value.int8_data.data()) : value.int32_data.data();
  std::memcpy(to, memory.data() + (place.address - program.base), arch::tensor_bytes(place));
  return value;
}

std::int32_t element_at(const std::uint8_t* bytes, arch::ElementType type, std::size_t index) {
  if (type == arch::ElementType::Int8) return static_cast<std::int8_t>(bytes[index]);
  if (type == arch::ElementType::UInt8) return bytes[index];
  std::int32_t value = 0;
  std::memcpy(&value, bytes + 4 * index, sizeof value);
  return value;
}

// "[0, 3, 4, 5]"
std::string coordinates_text(const Shape& shape, std::int64_t index) {
  Shape at(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    at[i] = index % shape[i];
    index /= shape[i];
  }
  std::string text = "[";
  for (const std::int64_t position : at) text += (text.size() > 1 ? ", " : "") + std::to_string(position);
  return text + "]";
}

// "" where equal.
std::string difference_text(const arch::Layer& layer, const arch::TensorPlace& place, const std::uint8_t* got,
                            const std::vector<std::uint8_t>& expected) {
  if (std::memcmp(got, expected.data(), expected.size()) == 0) return "";
  const std::size_t count = expected.size() / static_cast<std::size_t>(element_bytes(place.type));
  std::size_t first = count, wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (element_at(got, place.type, i) == element_at(expected.data(), place.type, i)) continue;
    if (wrong++ == 0) first = i;
  }
  return "layer " + layer.name + " (" + layer.op + "): tensor " + place.name + " differs first at " +
         coordinates_text(place.shape, static_cast<std::int64_t>(first)) + ": got " +
         std::to_string(element_at(got, place.type, first)) + ", expected " +
         std::to_string(element_at(expected.data(), place.type, first)) + "; " + std::to_string(wrong) + " of " +
         std::to_string(count) + " elements differ";
}

// What a graph's tensors hold for the inputs that the program starts with.
class ReferenceRun {
 public:
  ReferenceRun(const Graph& graph, const arch::Program& program) {
    std::unordered_map<TensorId, TensorValue> inputs;
    const std::vector<std::uint8_t> before = arch::initial_memory(program);
    for (const TensorId input : graph.inputs) {
      const arch::TensorPlace* place = arch::find_tensor(program, graph.tensor(input).name);
      if (place) inputs[input] = value_in_memory(program, before, *place);
    }
    values_ = execute_graph(graph, std::move(inputs));
    for (TensorId id = 0; id < graph.tensors.size(); ++id) ids_[graph.tensor(id).name] = id;
  }

  // nullptr where the graph has no such tensor, or it is not kept.
  const TensorValue* value(const std::string& name) const {
    const auto id = ids_.find(name);
    if (id == ids_.end()) return nullptr;
    const auto found = values_.find(id->second);
    return found == values_.end() ? nullptr : &found->second;
  }

 private:
  std::unordered_map<TensorId, TensorValue> values_;
  std::unordered_map<std::string, TensorId> ids_;
};

}  // namespace

CheckReport check_result(const Graph& graph, const arch::Program& program, const std::vector<std::uint8_t>& memory,
                         const arch::TensorContents& results, const Graph* compiled) {
  const ReferenceRun reference(graph, program);
  std::optional<ReferenceRun> compiled_reference;  // run only where it is needed
  const auto value_of = [&](const std::string& name) {
    const TensorValue* value = reference.value(name);
    if (value != nullptr || compiled == nullptr) return value;
    if (!compiled_reference) compiled_reference.emplace(*compiled, program);
    return compiled_reference->value(name);
  };

  CheckReport report;
  std::unordered_set<std::string> checked;
  std::unordered_set<std::uint64_t> layer_addresses;
  for (const arch::Layer& layer : program.layers) {
    const arch::TensorPlace* place = arch::find_tensor(program, layer.output);
    const TensorValue* value = value_of(layer.output);
    if (!place || !value) {
      report.unchecked_layers.push_back(layer.name);
      continue;
    }
    ++report.checked_layers;
    checked.insert(layer.output);
    layer_addresses.insert(place->address);
    if (!report.first_difference.empty()) continue;
    report.first_difference =
        difference_text(layer, *place, arch::tensor_data(program, memory, results, *place), value->bytes());
    if (!report.first_difference.empty()) report.first_different_layer = layer.name;
  }
  // A layer may write an output where another name of its result lies.
  for (const TensorId output : graph.outputs) {
    const std::string& name = graph.tensor(output).name;
    if (checked.count(name) != 0) continue;
    const arch::TensorPlace* place = arch::find_tensor(program, name);
    if (!place || layer_addresses.count(place->address) == 0) {
      report.unchecked_layers.push_back("output " + name);
    } else if (report.first_difference.empty()) {
      arch::Layer layer;
      layer.name = name;
      layer.op = "output";
      report.first_difference =
          difference_text(layer, *place, arch::tensor_data(program, memory, results, *place), value_of(name)->bytes());
    }
  }
  return report;
}

}  // namespace gemel::compiler
