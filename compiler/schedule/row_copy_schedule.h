// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of bytes through the scratchpad, in pieces of DIM rows and one request's width.
#include "compiler/schedule/schedule_builder.h"
#include "compiler/tile/lower_layer.h"

namespace gemel::compiler {

void schedule_row_copy(const RowCopy& copy, const Machine& machine, ScheduleBuilder& builder);

}  // namespace gemel::compiler
