// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one layer of a workload file and builds it.
#include <map>
#include <string>
#include <vector>

#include "compiler/import/network_builder.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::compiler {

// Tensors that a layer may name. A block of a `repeat` sees its own and those of the file around it.
struct LayerScope {
  const LayerScope* outer = nullptr;
  std::string prefix;  // of the tensors' full names: "encoder.0."
  std::map<std::string, TensorId> tensors;
  TensorId previous = 0;  // what a layer without `inputs` reads
  bool has_previous = false;
};

// "name" of a layer, input or block: letters, digits, '_' and '-'.
std::string read_name(const arch::YamlValue& value);

// The tensor that `value` names. Throws with a suggestion where there is none.
TensorId read_tensor(const arch::YamlValue& value, const LayerScope& scope);

// Builds the layer, enters its result into the scope and makes it `previous`.
void read_layer(const arch::YamlValue& layer, NetworkBuilder& builder, LayerScope& scope);

}  // namespace gemel::compiler
