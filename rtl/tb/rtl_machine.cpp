// SPDX-License-Identifier: Apache-2.0
#include "rtl/tb/rtl_machine.h"

#include <verilated.h>

#include <cstring>
#include <utility>

#include "Vaccelerator.h"
#include "rtl/tb/event_sink.h"

namespace gemel::rtl {
namespace {

constexpr int kResetCycles = 20;

}  // namespace

RtlMachine::RtlMachine(const arch::AcceleratorConfig& config, std::uint64_t base, std::vector<std::uint8_t> memory)
    : bus_bytes_(arch::derive(config).bus_bytes),
      memory_(base, std::move(memory), bus_bytes_, config.memory.latency_cycles),
      context_(std::make_unique<VerilatedContext>()),
      top_(std::make_unique<Vaccelerator>(context_.get())),
      beat_(bus_bytes_) {
  reset();
}

RtlMachine::~RtlMachine() { top_->final(); }

void RtlMachine::reset() {
  top_->axi_ar_ready_i = 1;
  top_->axi_aw_ready_i = 1;
  top_->axi_w_ready_i = 1;
  top_->rst_ni = 1;
  top_->clk_i = 0;
  top_->eval();
  top_->rst_ni = 0;
  for (int i = 0; i < kResetCycles; ++i) {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }
  top_->rst_ni = 1;
}

bool RtlMachine::step(const arch::Command* command) {
  using Response = ReferenceMemory::Response;
  set_event_cycle(now_);
  const Response response = memory_.offer(now_, beat_.data());
  top_->axi_r_valid_i = response == Response::ReadBeat;
  top_->axi_b_valid_i = response == Response::Acknowledge;
  if (response == Response::ReadBeat) std::memcpy(&top_->axi_r_data_i, beat_.data(), bus_bytes_);
  top_->command_valid_i = command != nullptr;
  if (command != nullptr) {
    top_->command_funct_i = command->funct;
    top_->command_rs1_i = command->rs1;
    top_->command_rs2_i = command->rs2;
  }
  top_->clk_i = 0;
  top_->eval();

  const bool is_accepted = command != nullptr && top_->command_ready_o;
  if ((response == Response::ReadBeat && top_->axi_r_ready_o) ||
      (response == Response::Acknowledge && top_->axi_b_ready_o)) {
    memory_.take_response();
  }
  if (top_->axi_ar_valid_o) memory_.accept_read(now_, top_->axi_ar_addr_o, top_->axi_ar_len_o + 1u);
  if (top_->axi_aw_valid_o) memory_.accept_write_address(top_->axi_aw_addr_o);
  if (top_->axi_w_valid_o) {
    memory_.accept_write_beat(now_, reinterpret_cast<const std::uint8_t*>(&top_->axi_w_data_o), top_->axi_w_strb_o,
                              top_->axi_w_last_o != 0);
  }

  top_->clk_i = 1;
  top_->eval();
  ++now_;
  return is_accepted;
}

bool RtlMachine::is_busy() const { return top_->busy_o != 0 || memory_.has_outstanding(); }

}  // namespace gemel::rtl
