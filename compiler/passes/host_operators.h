// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the host runs for operators that the array has not, or that nothing on the array takes along.
#include <string>

#include "compiler/graph/fused_layer.h"

namespace gemel::compiler {

// Fills kind, params and scales of `host`; returns why the host does it.
std::string set_host_operator(const Operator& op, HostLayer& host);

}  // namespace gemel::compiler
