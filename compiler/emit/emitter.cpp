// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/emitter.h"

namespace gemel::compiler {

using arch::LocalAddress;
using arch::LocalBlock;

void Emitter::offer(const arch::Command& command) {
  step(arch::StepKind::Command, static_cast<std::uint32_t>(program_.commands.size()));
  program_.commands.push_back(command);
  busy_ = true;
}

void Emitter::command(Stream stream, const arch::Command& command) {
  offer(command);
  ++commands_[static_cast<std::size_t>(stream)];
}

void Emitter::fence() {
  if (!busy_) return;
  step(arch::StepKind::Fence, 0);
  busy_ = false;
}

void Emitter::host(arch::HostOp op) {
  fence();
  step(arch::StepKind::Host, static_cast<std::uint32_t>(program_.host_ops.size()));
  program_.host_ops.push_back(std::move(op));
}

void Emitter::configure_execute(const arch::ConfigExecute& config) {
  const arch::Command wanted = arch::encode_config_execute(config);
  if (execute_ && *execute_ == wanted) return;
  execute_ = wanted;
  command(Stream::Compute, wanted);
}

void Emitter::emit(const Schedule& schedule) {
  program_.commands.reserve(program_.commands.size() + schedule.loads.size() + 2 * schedule.computes.size() +
                            schedule.stores.size());
  if (!schedule.computes.empty()) configure_execute(schedule.execute);
  std::array<std::vector<std::uint32_t>, 3> before;  // commands of each stream before its n-th operation
  std::size_t loads = 0, computes = 0, stores = 0;
  for (const Stream stream : schedule.order) {
    before[static_cast<std::size_t>(stream)].push_back(commands_[static_cast<std::size_t>(stream)]);
    switch (stream) {
      case Stream::Load:
        load(schedule, schedule.loads[loads++]);
        break;
      case Stream::Compute:
        compute(schedule.computes[computes++]);
        break;
      case Stream::Store:
        store(schedule, schedule.stores[stores++]);
        break;
    }
  }
  for (std::size_t i = 0; i < before.size(); ++i) before[i].push_back(commands_[i]);
  for (arch::Tile tile : schedule.tiles) {
    tile.layer = layer_;
    for (std::size_t i = 0; i < before.size(); ++i) {
      tile.commands[i] = {before[i][tile.commands[i].first], before[i][tile.commands[i].end]};
    }
    tiles_.push_back(tile);
  }
}

void Emitter::configure_load(const arch::ConfigLoad& config) {
  const arch::Command wanted = arch::encode_config_load(config);
  std::optional<arch::Command>& held = load_[config.state];
  if (held && *held == wanted) return;
  held = wanted;
  command(Stream::Load, wanted);
}

void Emitter::configure_store(const arch::ConfigStore& config) {
  const arch::Command wanted = arch::encode_config_store(config);
  if (store_ && *store_ == wanted) return;
  store_ = wanted;
  command(Stream::Store, wanted);
}

void Emitter::load(const Schedule& schedule, const LoadOp& op) {
  const arch::ConfigLoad& config = schedule.load_configs[op.config];
  configure_load(config);
  arch::Mvin mvin;
  mvin.state = config.state;
  mvin.dram_address = op.source.buffer == kNoBuffer ? 0 : memory_.address_of(op.source);
  mvin.local = {LocalAddress(op.local), op.cols, op.rows};
  command(Stream::Load, arch::encode_mvin(mvin));
}

// Weight stationary: B is preloaded and D is nothing. Output stationary: D is nothing, B comes with A, and every pass
// adds its result to C in the accumulator, so that the narrow registers of the array never hold more than one pass.
void Emitter::compute(const ComputeOp& op) {
  const auto dim = static_cast<std::uint16_t>(machine_.dim());
  const LocalBlock nothing{LocalAddress::garbage(), dim, dim};
  const LocalBlock b{LocalAddress(op.b), op.outputs, op.lanes};  // as the array sees it, after any transposition
  arch::Preload preload;
  preload.c = {LocalAddress(op.c), op.outputs, op.rows};
  arch::Compute compute;
  compute.a = {LocalAddress(op.a), op.lanes, op.rows};
  if (machine_.output_stationary) {
    preload.bd = nothing;
    compute.preloaded = true;
    compute.bd = b;
  } else {
    preload.bd = op.new_weights ? b : nothing;
    compute.preloaded = op.new_weights;
    compute.bd = nothing;
  }
  command(Stream::Compute, arch::encode_preload(preload));
  command(Stream::Compute, arch::encode_compute(compute));
}

void Emitter::store(const Schedule& schedule, const StoreOp& op) {
  configure_store(schedule.store_configs[op.config]);
  arch::Mvout mvout;
  mvout.dram_address = memory_.address_of(op.target);
  mvout.local = {LocalAddress(op.local), op.cols, op.rows};
  command(Stream::Store, arch::encode_mvout(mvout));
}

}  // namespace gemel::compiler
