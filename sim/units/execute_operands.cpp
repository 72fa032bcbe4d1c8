// SPDX-License-Identifier: Apache-2.0
#include "sim/units/execute_operands.h"

#include <stdexcept>
#include <string>

namespace gemel::sim {

ExecuteOperands::ExecuteOperands(arch::Dataflow built, const arch::DerivedConfig& derived)
    : garbage_mask_(arch::LocalAddress::garbage_mask(derived)),
      built_(built),
      output_stationary_(built == arch::Dataflow::OutputStationary) {
  settings_.a_stride = settings_.c_stride = 1;
  a_rides_ahead_ = output_stationary_;
}

void ExecuteOperands::configure(const arch::ConfigExecute& c) {
  settings_.a_stride = c.a_stride;
  settings_.c_stride = c.c_stride;
  if (c.set_only_strides) return;
  settings_ = c;
  if (built_ == arch::Dataflow::Both) {
    output_stationary_ = c.dataflow == arch::Dataflow::OutputStationary;
  } else if (c.dataflow != built_) {
    throw std::invalid_argument(std::string("config_ex asks for the ") +
                                (c.dataflow == arch::Dataflow::OutputStationary ? "output" : "weight") +
                                "-stationary dataflow, which this machine is built without");
  }
  if (output_stationary_ ? !c.a_transpose && c.b_transpose : c.a_transpose && c.b_transpose)
    throw std::invalid_argument("config_ex sends two operands through the one transposer");
  a_rides_ahead_ = output_stationary_ != c.a_transpose;
  b_rides_ahead_ = output_stationary_ && c.b_transpose;
  d_transposed_ = !output_stationary_ && c.b_transpose;
}

}  // namespace gemel::sim
