// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fixes the order in which the host offers the three streams. The host is in order and blocks when the reservation
// station has no entry of a command's class, so a command is offered when a model of the machine (one completion time
// an operation) says that an entry is free: loads run ahead as far as buffers allow, and no stream waits behind
// another.
#include "compiler/schedule/operation.h"

namespace gemel::compiler {

void interleave(Schedule& schedule, const Machine& machine);

}  // namespace gemel::compiler
