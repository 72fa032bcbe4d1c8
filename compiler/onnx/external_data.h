// SPDX-License-Identifier: Apache-2.0
#pragma once
// Data of a tensor that lies in a file beside the model.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gemel::compiler {

// `entries` are those of TensorProto.external_data; `location` is below the model's directory, links included, `wanted`
// bytes are what the tensor needs. Throws OnnxError that begins with `owner`.
std::vector<std::uint8_t> read_external_data(const std::map<std::string, std::string>& entries,
                                             const std::string& directory, std::size_t wanted,
                                             const std::string& owner);

}  // namespace gemel::compiler
