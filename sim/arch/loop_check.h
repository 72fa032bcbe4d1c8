// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a loop can be unrolled at all: bounds, halves of the memories, options that exclude each other. What its
// plain commands do is for the command checker.
#include <string>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/loop_conv.h"
#include "sim/arch/loop_matmul.h"

namespace gemel::arch {

// One sentence, or "" where nothing is wrong.
std::string why_illegal(const MatmulLoop& loop, const AcceleratorConfig& config, const DerivedConfig& derived);
std::string why_illegal(const ConvLoop& loop, const DerivedConfig& derived);

}  // namespace gemel::arch
