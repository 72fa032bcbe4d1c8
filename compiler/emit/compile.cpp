// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/compile.h"

#include <set>
#include <sstream>
#include <unordered_map>

#include "compiler/emit/emitter.h"
#include "compiler/emit/plan_layers.h"
#include "compiler/memory/lifetime.h"
#include "compiler/memory/memory_plan.h"
#include "compiler/reference/synthetic.h"
#include "compiler/schedule/contraction_schedule.h"
#include "compiler/schedule/interleave.h"
#include "compiler/schedule/row_copy_schedule.h"
#include "compiler/tile/lower_layer.h"
#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

Machine machine_for(const arch::AcceleratorConfig& config, DataflowChoice choice) {
  Machine machine;
  machine.config = config;
  machine.derived = arch::derive(config);
  const arch::Dataflow built = config.mesh.dataflow;
  machine.output_stationary = choice == DataflowChoice::OutputStationary ||
                              (choice == DataflowChoice::Automatic && built == arch::Dataflow::OutputStationary);
  const arch::Dataflow missing =
      machine.output_stationary ? arch::Dataflow::WeightStationary : arch::Dataflow::OutputStationary;
  if (built == missing) {
    throw arch::InputError(config.name + ": the machine has no " +
                           (machine.output_stationary ? "output-stationary" : "weight-stationary") +
                           " dataflow; mesh.dataflow: both would be right");
  }
  return machine;
}

class Compiler {
 public:
  Compiler(FusedModel model, const arch::AcceleratorConfig& config, const CompileOptions& options)
      : model_(std::move(model)),
        options_(options),
        machine_(machine_for(config, options.dataflow)),
        buffers_(model_.graph),
        contents_(machine_),
        forms_(machine_, memory_, options.loops) {}

  Compilation run() {
    verify_fused_model(model_);
    if (options_.dump_after == "fused") out_ << describe_fused_model(model_);
    for (const TensorId input : model_.graph.inputs) buffers_.tensor(input);
    for (const FusedLayer& layer : model_.layers) {
      stages_.push_back(lower_layer(layer, model_.graph, machine_, buffers_));
      for (const Stage& stage : stages_.back()) {
        if (const auto* host = std::get_if<HostLayer>(&stage)) {
          for (const TensorView& view : host->inputs) buffers_.tensor(view.root);
          buffers_.tensor(host->output.root);
        }
      }
    }
    forms_.note_weights(stages_);
    phases_ = plan_phases(model_, stages_);
    std::vector<std::optional<Lifetime>> lifetimes = buffer_lifetimes(model_.graph, stages_, phases_, buffers_);
    for (std::optional<Lifetime>& lifetime : lifetimes) {
      if (lifetime && !options_.share_memory) lifetime = Lifetime{};  // all at the same time
    }
    memory_ = plan_memory(model_.graph, buffers_, std::move(lifetimes));
    verify_memory(buffers_, memory_);
    if (options_.dump_after == "memory") out_ << describe_memory(buffers_, memory_);

    Compilation result;
    program_ = &result.program;
    program_->name = model_.graph.name;
    program_->config_name = machine_.config.name;
    program_->isa_version = machine_.config.isa_version;
    fill_memory(model_.graph, buffers_, memory_, *program_);
    fill_inputs();
    Emitter emitter(machine_, memory_, *program_);
    emitter_ = &emitter;
    for (const FusedLayer& layer : model_.layers) {
      if (!is_dense_part(layer)) in_pieces_.insert(output_view(layer).root);
    }
    plans_ = plan_layers(stages_, machine_, memory_, options_.keep_operands);
    for (std::size_t i = 0; i < model_.layers.size(); ++i) compile_layer(i, result);
    if (options_.loops == LoopUse::Always && !looped_) {
      throw arch::InputError(machine_.config.name + ": --loops always: no layer can be a loop" +
                             (first_refusal_.empty() ? "" : " (" + first_refusal_ + ")") +
                             "; --loops auto would be right");
    }
    emitter.fence();
    result.tiles = emitter.take_tiles();
    result.memory = memory_use();
    for (const TensorId output : model_.graph.outputs) add_output(output);
    result.dump = out_.str();
    return result;
  }

 private:
  MemoryUse memory_use() const {
    MemoryUse use;
    use.constants = memory_.range(MemoryPart::Constants).bytes;
    use.inputs = memory_.range(MemoryPart::Inputs).bytes;
    use.outputs = memory_.range(MemoryPart::Outputs).bytes;
    use.scratch = memory_.range(MemoryPart::Scratch).bytes;
    use.activations = memory_.range(MemoryPart::Activations).bytes;
    use.unshared_activations = memory_.unshared_bytes;
    use.constants_address = memory_.range(MemoryPart::Constants).address;
    use.kept_bytes = kept_bytes_;
    return use;
  }

  void fill_inputs() {
    for (const TensorId id : model_.graph.inputs) {
      const Tensor& tensor = model_.graph.tensor(id);
      const auto given = options_.inputs.find(tensor.name);
      const BufferRef start{buffers_.tensor(id), 0};
      std::vector<std::uint8_t> bytes =
          given != options_.inputs.end() ? given->second : synthetic_input(tensor).bytes();
      if (bytes.size() != static_cast<std::size_t>(element_count(tensor.shape) * element_bytes(tensor.type))) {
        throw arch::InputError("input '" + tensor.name + "' has " + std::to_string(bytes.size()) +
                               " bytes; its shape is " + describe_shape(tensor.shape));
      }
      program_->memory.push_back({memory_.address_of(start), std::move(bytes)});
    }
  }

  void add_output(TensorId id) {
    const Tensor& tensor = model_.graph.tensor(id);
    program_->outputs.push_back({memory_.address_of({buffers_.tensor(id), 0}),
                                 static_cast<std::uint64_t>(element_count(tensor.shape) * element_bytes(tensor.type))});
  }

  void compile_layer(std::size_t index, Compilation& result) {
    const FusedLayer& fused = model_.layers[index];
    arch::Layer layer;
    layer.name = fused.name;
    layer.op = fused.op;
    layer.placement = fused.placement;
    layer.macs = fused.macs;
    layer.output = name_output(fused);
    layer.min_dram_bytes = least_traffic(fused);
    program_->macs += fused.macs;
    cost_ = LayerCost{};
    cost_.name = fused.name;
    if (options_.dump_after == "tiles" || options_.dump_after == "schedule") {
      out_ << "layer " << index << " " << fused.name << " (" << fused.op << ")\n";
    }
    for (std::size_t s = 0; s < stages_[index].size(); ++s) {
      // Loops are accepted long before they have run; the layer behind them must not be charged with their cycles.
      if (phases_[index][s].fence_before || behind_loops_) emitter_->fence();
      if (s == 0) emitter_->begin_layer(static_cast<std::uint32_t>(program_->layers.size()));
      compile_stage(stages_[index][s], static_cast<std::uint32_t>(index));
    }
    stages_[index].clear();
    program_->layers.push_back(std::move(layer));
    result.expected.push_back(cost_);
  }

  void compile_stage(const Stage& stage, std::uint32_t layer) {
    behind_loops_ = false;
    if (const auto* host = std::get_if<HostLayer>(&stage)) {
      emitter_->host(host_op(*host));
      contents_.forget(buffers_.tensor(host->output.root));
      return;
    }
    if (!options_.keep_operands) contents_.forget_all();
    ScheduleBuilder builder(machine_, contents_, layer);
    if (const auto* copy = std::get_if<RowCopy>(&stage)) {
      schedule_row_copy(*copy, machine_, builder);
    } else {
      for (const Contraction& work : std::get<ContractionGroup>(stage)) {
        const TilePlan& plan = plans_.at(&work);
        if (options_.dump_after == "tiles") out_ << describe_tiles(work, machine_, plan);
        cost_.compute_cycles += static_cast<std::uint64_t>(plan.cost.compute);
        cost_.load_cycles += static_cast<std::uint64_t>(plan.cost.load);
        cost_.store_cycles += static_cast<std::uint64_t>(plan.cost.store);
        schedule_contraction(work, machine_, plan, builder);
      }
    }
    Schedule schedule = builder.take();
    interleave(schedule, machine_);
    verify_schedule(schedule, machine_);
    if (const auto* group = std::get_if<ContractionGroup>(&stage)) {
      const TileForm form = forms_.choose(*group, schedule);
      if (options_.dump_after == "tiles" || options_.dump_after == "schedule") out_ << "  " << form.why << "\n";
      if (first_refusal_.empty() && !form.refusal.empty()) {
        first_refusal_ = "'" + group->front().name + "': " + form.refusal;
      }
      if (!form.loops.empty()) {
        looped_ = behind_loops_ = true;
        cost_.cycles += form.cycles;
        for (std::size_t i = 0; i < form.loops.size(); ++i) emit_loops((*group)[i], form.loops[i]);
        contents_.forget_all();
        return;
      }
    }
    contents_ = std::move(builder.contents());
    for (const auto& [from, bytes] : schedule.kept) {
      kept_bytes_ += bytes;
      if (options_.dump_after != "tiles" && options_.dump_after != "schedule") continue;
      out_ << "  " << bytes << " bytes not loaded: " << (from == layer ? "this layer" : "layer " + std::to_string(from))
           << (from == layer ? "" : " " + model_.layers[from].name) << " left them in the scratchpad\n";
    }
    if (options_.dump_after == "schedule") out_ << describe_schedule(schedule, options_.schedule_lines);
    cost_.cycles += schedule.predicted_cycles;
    emitter_->emit(schedule);
  }

  void emit_loops(const Contraction& work, const AnyLoopRun& any) {
    std::visit(
        [&](const auto& run) {
          if (options_.dump_after == "schedule") out_ << describe_loops(run, options_.schedule_lines);
          emitter_->emit(run);
        },
        any);
    if (const auto* run = std::get_if<ConvLoopRun>(&any)) reorder_weights(*run, work, machine_, memory_, *program_);
  }

  arch::HostTensor host_tensor(const TensorView& view) {
    arch::HostTensor tensor;
    const std::int64_t bytes = element_bytes(model_.graph.tensor(view.root).type);
    tensor.address = memory_.address_of({buffers_.tensor(view.root), view.offset * bytes});
    tensor.element_bytes = static_cast<std::uint8_t>(bytes);
    tensor.shape = view.shape;
    if (!is_dense(view)) tensor.strides = view.strides;
    return tensor;
  }

  arch::HostOp host_op(const HostLayer& host) {
    arch::HostOp op;
    op.kind = host.kind;
    for (const TensorView& view : host.inputs) op.inputs.push_back(host_tensor(view));
    op.output = host_tensor(host.output);
    op.params = host.params;
    op.scales = host.scales;
    return op;
  }

  // Whether the layer's result lies dense inside a larger tensor.
  bool is_dense_part(const FusedLayer& layer) const {
    const TensorView& view = output_view(layer);
    return view.root != layer.output_tensor && is_dense(view) &&
           element_count(view.shape) == element_count(model_.graph.tensor(layer.output_tensor).shape);
  }

  // The graph tensor that the layer completes where it has an address of its own, else the stored tensor that it is a
  // part of; that one then is the name of all layers that write to it, so that it is whole behind the last of them.
  std::string name_output(const FusedLayer& layer) {
    const TensorView& view = output_view(layer);
    const Tensor& wanted = model_.graph.tensor(layer.output_tensor);
    const Tensor& root = model_.graph.tensor(view.root);
    if (in_pieces_.count(view.root) != 0) return root.name;
    if (view.root == layer.output_tensor) return wanted.name;
    for (const arch::TensorPlace& place : program_->tensors) {
      if (place.name == wanted.name) return wanted.name;
    }
    arch::TensorPlace place;
    place.name = wanted.name;
    place.address = memory_.address_of({buffers_.tensor(view.root), view.offset * element_bytes(root.type)});
    place.type = wanted.type;
    place.shape = wanted.shape;
    place.role = arch::TensorPlace::Role::Intermediate;
    program_->tensors.push_back(place);
    return wanted.name;
  }

  std::uint64_t least_traffic(const FusedLayer& layer) const {
    std::uint64_t bytes = 0;
    std::set<std::pair<TensorId, std::int64_t>> seen;
    std::vector<TensorView> views = input_views(model_.graph, layer);
    views.push_back(output_view(layer));
    for (const TensorView& view : views) {
      if (!seen.insert({view.root, view.offset}).second) continue;
      std::int64_t elements = 1;
      for (std::size_t i = 0; i < view.shape.size(); ++i) elements *= view.strides[i] == 0 ? 1 : view.shape[i];
      bytes += static_cast<std::uint64_t>(elements * element_bytes(model_.graph.tensor(view.root).type));
    }
    return bytes;
  }

  FusedModel model_;
  const CompileOptions& options_;
  Machine machine_;
  BufferTable buffers_;
  TilePlans plans_;
  MemoryPlan memory_;
  ScratchpadContents contents_;  // behind what was compiled so far
  std::uint64_t kept_bytes_ = 0;
  FormChooser forms_;
  std::vector<std::vector<Stage>> stages_;
  std::vector<std::vector<StagePhase>> phases_;
  std::set<TensorId> in_pieces_;  // roots some of whose layers write a piece without a name of its own
  arch::Program* program_ = nullptr;
  Emitter* emitter_ = nullptr;
  LayerCost cost_;
  bool behind_loops_ = false;  // the last stage was made of loops
  bool looped_ = false;
  std::string first_refusal_;
  std::ostringstream out_;
};

}  // namespace

Compilation compile_model(FusedModel model, const arch::AcceleratorConfig& config, const CompileOptions& options) {
  return Compiler(std::move(model), config, options).run();
}

const std::vector<std::string>& compile_stages() {
  static const std::vector<std::string> stages{"fused", "tiles", "schedule", "memory"};
  return stages;
}

}  // namespace gemel::compiler
