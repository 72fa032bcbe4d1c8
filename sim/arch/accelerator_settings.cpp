// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/accelerator_settings.h"

#include <algorithm>

namespace gemel::arch {
namespace {

using Words = YamlChoices<std::uint32_t>;

template <typename Enum>
constexpr std::uint32_t word_value(Enum value) {
  return static_cast<std::uint32_t>(value);
}

// A number at config.*section.*member.
template <auto section, auto member>
Setting number(const char* path, const char* unit, std::uint32_t min, std::uint32_t max, const char* meaning,
               Words words = {}) {
  Setting setting;
  setting.path = path;
  setting.unit = unit;
  setting.meaning = meaning;
  setting.min = min;
  setting.max = max;
  setting.words = std::move(words);
  setting.get = [](const AcceleratorConfig& config) { return config.*section.*member; };
  setting.set = [](AcceleratorConfig& config, std::uint32_t value) { config.*section.*member = value; };
  return setting;
}

Setting word(const char* path, const char* meaning, Words words, std::uint32_t (*get)(const AcceleratorConfig&),
             void (*set)(AcceleratorConfig&, std::uint32_t)) {
  Setting setting;
  setting.path = path;
  setting.meaning = meaning;
  setting.is_number = false;
  setting.words = std::move(words);
  setting.get = get;
  setting.set = set;
  return setting;
}

Setting may_be_left_out(Setting setting) {
  setting.may_be_left_out = true;
  return setting;
}

std::vector<Setting> make_settings() {
  using Config = AcceleratorConfig;
  using Scratchpad = ScratchpadConfig;
  using Accumulator = AccumulatorConfig;
  using Station = ReservationStationConfig;
  const Words per_lane = {{"per_lane", 0}};
  return {
      word(
          "isa.version", "binary layout of the commands",
          {{"gemmini_v0_7", word_value(IsaVersion::GemminiV07)}, {"gemmini_2025", word_value(IsaVersion::Gemmini2025)}},
          [](const Config& config) { return word_value(config.isa_version); },
          [](Config& config, std::uint32_t value) { config.isa_version = static_cast<IsaVersion>(value); }),

      number<&Config::mesh, &MeshConfig::dim>("mesh.dim", "PEs", 2, 128, "rows and columns of the array; power of two"),
      word(
          "mesh.dataflow", "which operand may stay in the array",
          {{"weight_stationary", word_value(Dataflow::WeightStationary)},
           {"ws", word_value(Dataflow::WeightStationary)},
           {"output_stationary", word_value(Dataflow::OutputStationary)},
           {"os", word_value(Dataflow::OutputStationary)},
           {"both", word_value(Dataflow::Both)}},
          [](const Config& config) { return word_value(config.mesh.dataflow); },
          [](Config& config, std::uint32_t value) { config.mesh.dataflow = static_cast<Dataflow>(value); }),
      number<&Config::mesh, &MeshConfig::output_bits>(
          "mesh.output_bits", "bits", 16, 32, "width of a partial sum in the array; auto is 16 + log2(mesh.dim)",
          {{"auto", kAutoOutputBits}}),
      number<&Config::mesh, &MeshConfig::tile_latency_cycles>("mesh.tile_latency_cycles", "cycles", 0, 16,
                                                              "extra pipeline registers in each PE"),
      number<&Config::mesh, &MeshConfig::output_delay_cycles>("mesh.output_delay_cycles", "cycles", 0, 16,
                                                              "registers between array and result writer"),

      number<&Config::scratchpad, &Scratchpad::capacity_kib>("scratchpad.capacity_kib", "KiB", 1, 65536,
                                                             "size of all banks; a row is mesh.dim bytes"),
      number<&Config::scratchpad, &Scratchpad::banks>("scratchpad.banks", "", 1, 16, "banks; power of two"),
      number<&Config::scratchpad, &Scratchpad::ports>(
          "scratchpad.ports", "", 1, 2, "1: a write refuses a read of the same bank in that cycle; 2: it does not"),
      number<&Config::scratchpad, &Scratchpad::read_delay_cycles>("scratchpad.read_delay_cycles", "cycles", 1, 32,
                                                                  "pipeline behind the memory word"),

      number<&Config::accumulator, &Accumulator::capacity_kib>("accumulator.capacity_kib", "KiB", 1, 65536,
                                                               "size of all banks; a row is 4 mesh.dim bytes"),
      number<&Config::accumulator, &Accumulator::banks>("accumulator.banks", "", 1, 16, "banks; power of two"),
      number<&Config::accumulator, &Accumulator::ports>(
          "accumulator.ports", "", 1, 2, "2: a read and a write a cycle; 1: one access a cycle to each sub-bank"),
      number<&Config::accumulator, &Accumulator::sub_banks>(
          "accumulator.sub_banks", "", 1, 4, "parts of a bank by low row bits: 1, 2 or 4; above 1 only with ports: 1"),
      number<&Config::accumulator, &Accumulator::latency_cycles>("accumulator.latency_cycles", "cycles", 2, 32,
                                                                 "accepted write to updated memory"),

      number<&Config::mvin_scale, &ScaleConfig::units>("mvin_scale.units", "multipliers", 0, 128,
                                                       "scalers of loaded data; per_lane (0): a row a cycle", per_lane),
      number<&Config::mvin_scale, &ScaleConfig::latency_cycles>("mvin_scale.latency_cycles", "cycles", 1, 32,
                                                                "cycles from value to scaled value"),
      number<&Config::accumulator_scale, &ScaleConfig::units>("accumulator_scale.units", "multipliers", 0, 128,
                                                              "scalers of results; per_lane (0): a row a cycle",
                                                              per_lane),
      number<&Config::accumulator_scale, &ScaleConfig::latency_cycles>("accumulator_scale.latency_cycles", "cycles", 1,
                                                                       32, "cycles from value to scaled value"),
      word(
          "full_width_accumulator_read", "mvout of 32-bit elements is built in", {{"true", 1}, {"false", 0}},
          [](const Config& config) { return config.full_width_accumulator_read ? 1u : 0u; },
          [](Config& config, std::uint32_t value) { config.full_width_accumulator_read = value != 0; }),
      may_be_left_out(word(
          "normalisations", "igelu, layernorm and softmax of results are built in", {{"true", 1}, {"false", 0}},
          [](const Config& config) { return config.normalisations ? 1u : 0u; },
          [](Config& config, std::uint32_t value) { config.normalisations = value != 0; })),

      number<&Config::queues, &QueueConfig::load>("queues.load", "commands", 1, 64,
                                                  "between reservation station and load controller"),
      number<&Config::queues, &QueueConfig::store>("queues.store", "commands", 1, 64,
                                                   "between reservation station and store controller"),
      number<&Config::queues, &QueueConfig::execute>("queues.execute", "commands", 3, 64,
                                                     "between reservation station and execute controller"),
      number<&Config::reservation_station, &Station::load_entries>("reservation_station.load_entries", "commands", 2,
                                                                   64, "loads in the station; power of two"),
      number<&Config::reservation_station, &Station::store_entries>("reservation_station.store_entries", "commands", 2,
                                                                    64, "stores in the station; power of two"),
      number<&Config::reservation_station, &Station::execute_entries>(
          "reservation_station.execute_entries", "commands", 2, 64,
          "preloads and computes in the station; power of two"),

      number<&Config::dma, &DmaConfig::bus_width_bits>("dma.bus_width_bits", "bits", 32, 512,
                                                       "data of one beat; power of two"),
      number<&Config::dma, &DmaConfig::max_request_bytes>("dma.max_request_bytes", "bytes", 4, 4096,
                                                          "longest memory request; power of two, at least one beat"),
      number<&Config::dma, &DmaConfig::requests_in_flight>("dma.requests_in_flight", "requests", 1, 256,
                                                           "outstanding reads; writes have as many of their own"),
      number<&Config::dma, &DmaConfig::loads_in_flight>("dma.loads_in_flight", "mvins", 1, 64,
                                                        "mvins whose data may be outstanding"),

      number<&Config::host, &HostConfig::issue_gap_cycles>("host.issue_gap_cycles", "cycles", 0, 1000000,
                                                           "idle cycles after each accepted command"),
      number<&Config::host, &HostConfig::operations_per_cycle>("host.operations_per_cycle", "operations", 1, 4096,
                                                               "arithmetic rate of layers that run on the host"),
      number<&Config::host, &HostConfig::bytes_per_cycle>("host.bytes_per_cycle", "bytes", 1, 4096,
                                                          "memory rate of layers that run on the host"),
      number<&Config::memory, &MemoryConfig::latency_cycles>("memory.latency_cycles", "cycles", 1, 10000,
                                                             "request to first beat; last write beat to acknowledge"),
      number<&Config::memory, &MemoryConfig::jitter_cycles>("memory.jitter_cycles", "cycles", 0, 10000,
                                                            "most that a request may take longer, drawn for each"),
      number<&Config::memory, &MemoryConfig::beat_gap_cycles>("memory.beat_gap_cycles", "cycles", 0, 1000,
                                                              "most idle cycles before a further read beat"),
      number<&Config::memory, &MemoryConfig::seed>("memory.seed", "", 0, 1000000000,
                                                   "what jitter and gaps are drawn from"),
  };
}

}  // namespace

const std::vector<Setting>& accelerator_settings() {
  static const std::vector<Setting> settings = make_settings();
  return settings;
}

bool operator==(const AcceleratorConfig& a, const AcceleratorConfig& b) {
  const std::vector<Setting>& settings = accelerator_settings();
  return a.name == b.name && std::all_of(settings.begin(), settings.end(),
                                         [&](const Setting& setting) { return setting.get(a) == setting.get(b); });
}

const Setting& find_setting(const std::string& path, const std::string& where) {
  std::vector<std::string> paths;
  std::vector<std::string> last_words;
  std::string section;
  for (const Setting& setting : accelerator_settings()) {
    if (setting.path == path) return setting;
    paths.push_back(setting.path);
    last_words.push_back(setting.path.substr(setting.path.find('.') + 1));
    if (setting.path.compare(0, path.size() + 1, path + ".") == 0) {
      section += (section.empty() ? "" : ", ") + setting.path;
    }
  }
  if (!section.empty()) throw InputError(where + ": " + in_quotes(path) + " is a section; its keys are " + section);
  std::string message = where + ": unknown key " + in_quotes(path);
  std::string nearest = nearest_name(path, paths);
  if (std::count(last_words.begin(), last_words.end(), path) == 1) {  // 'dim' for 'mesh.dim'
    nearest = paths[std::find(last_words.begin(), last_words.end(), path) - last_words.begin()];
  }
  message += nearest.empty() ? "; `gemel config` lists the keys" : "; did you mean '" + nearest + "'?";
  throw InputError(message);
}

std::string format_setting(const Setting& setting, std::uint32_t value) {
  for (const auto& word : setting.words) {
    if (word.second == value) return word.first;
  }
  return std::to_string(value);
}

std::string format_allowed(const Setting& setting) {
  std::string text;
  if (setting.is_number) text = std::to_string(setting.min) + " to " + std::to_string(setting.max);
  for (const auto& word : setting.words) {
    text += (text.empty() ? "" : setting.is_number ? " or " : ", ") + word.first;
  }
  return text;
}

std::uint32_t read_setting(const Setting& setting, const YamlValue& value) {
  if (!setting.is_number) return value.as_choice(setting.words);
  if (setting.words.empty()) return static_cast<std::uint32_t>(value.as_whole_number(setting.min, setting.max));
  std::string expected = "a whole number";
  for (const auto& word : setting.words) {
    if (value.is_word(word.first)) return word.second;
    expected += " or " + word.first;
  }
  return static_cast<std::uint32_t>(value.as_whole_number(setting.min, setting.max, expected));
}

}  // namespace gemel::arch
