// SPDX-License-Identifier: Apache-2.0
#pragma once
// One description of the machine: what the user wrote (AcceleratorConfig) and what follows from it
// (DerivedConfig). Everything that needs a figure of the machine reads it from here.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemel::arch {

enum class Dataflow : std::uint8_t { WeightStationary, OutputStationary, Both };

// Which binary layout the commands have. They differ in LOOP_CONV_WS and in later LOOP_WS options.
enum class IsaVersion : std::uint8_t { GemminiV07, Gemmini2025 };

struct MeshConfig {
  std::uint32_t dim = 16;  // rows = columns of the array of PEs; power of two, 2..128
  Dataflow dataflow = Dataflow::Both;
  std::uint32_t output_bits = 20;         // width of a partial sum inside the array; sums wrap at it
  std::uint32_t tile_latency_cycles = 0;  // extra pipeline registers per PE
  std::uint32_t output_delay_cycles = 1;  // registers between array and result writer
};

struct ScratchpadConfig {
  std::uint32_t capacity_kib = 256;
  std::uint32_t banks = 4;
  std::uint32_t ports = 1;              // 1: a write refuses a read of the same bank in that cycle; 2: it does not
  std::uint32_t read_delay_cycles = 4;  // pipeline behind the SRAM word
};

struct AccumulatorConfig {
  std::uint32_t capacity_kib = 64;
  std::uint32_t banks = 2;
  std::uint32_t ports = 2;           // 2: one read and one write a cycle; 1: one access a cycle to each sub-bank
  std::uint32_t sub_banks = 1;       // by low row bits; only with ports: 1 (1, 2 or 4)
  std::uint32_t latency_cycles = 2;  // accepted write to SRAM update, at least 2
};

struct ScaleConfig {
  std::uint32_t units = 0;  // multipliers; 0, and any number from dim on, = one per lane (a row a cycle)
  std::uint32_t latency_cycles = 8;
};

struct QueueConfig {
  std::uint32_t load = 8;  // commands between reservation station and each controller
  std::uint32_t store = 2;
  std::uint32_t execute = 8;
};

struct ReservationStationConfig {
  std::uint32_t load_entries = 8;
  std::uint32_t store_entries = 4;
  std::uint32_t execute_entries = 16;
};

struct DmaConfig {
  std::uint32_t bus_width_bits = 128;
  std::uint32_t max_request_bytes = 64;
  std::uint32_t requests_in_flight = 16;  // reads; writes have the same number of their own
  std::uint32_t loads_in_flight = 2;      // mvins whose data may be outstanding
};

struct HostConfig {
  std::uint32_t issue_gap_cycles = 0;      // idle cycles after each accepted command
  std::uint32_t operations_per_cycle = 4;  // cost model of layers that run on the host
  std::uint32_t bytes_per_cycle = 8;       // the host's own path to memory
};

struct MemoryConfig {
  std::uint32_t latency_cycles = 40;  // request accepted to first beat; last write beat to acknowledge
  std::uint32_t jitter_cycles = 0;    // most that a request may take longer, drawn for each
  std::uint32_t beat_gap_cycles = 0;  // most idle cycles before a further beat of a read, drawn for each
  std::uint32_t seed = 0;             // of what is drawn
};

// What the user wrote, every key resolved. Load with load_accelerator_config().
struct AcceleratorConfig {
  std::string name = "gemmini_16x16";
  IsaVersion isa_version = IsaVersion::GemminiV07;
  MeshConfig mesh;
  ScratchpadConfig scratchpad;
  AccumulatorConfig accumulator;
  ScaleConfig mvin_scale{4, 4};
  ScaleConfig accumulator_scale{0, 8};
  bool full_width_accumulator_read = true;  // mvout of 32-bit elements is built in
  bool normalisations = false;              // igelu, layernorm, softmax and config_norm are built in
  QueueConfig queues;
  ReservationStationConfig reservation_station;
  DmaConfig dma;
  HostConfig host;
  MemoryConfig memory;
};

bool operator==(const AcceleratorConfig& a, const AcceleratorConfig& b);
inline bool operator!=(const AcceleratorConfig& a, const AcceleratorConfig& b) { return !(a == b); }

// What follows from an AcceleratorConfig. Rows are local-memory rows of `dim` elements.
struct DerivedConfig {
  std::uint32_t dim = 0;
  std::uint32_t scratchpad_rows = 0;  // all banks
  std::uint32_t scratchpad_bank_rows = 0;
  std::uint32_t scratchpad_row_bytes = 0;  // dim int8
  std::uint32_t accumulator_rows = 0;
  std::uint32_t accumulator_bank_rows = 0;
  std::uint32_t accumulator_row_bytes = 0;  // dim int32
  std::uint32_t local_row_bits = 0;         // w of a local address: max(log2 scratchpad rows, log2 accumulator rows)
  std::uint32_t bus_bytes = 0;
  std::uint32_t max_block_columns =
      0;  // D-lane blocks one int8 mvin or mvout may move: max(1, max_request_bytes / dim)
  std::uint32_t max_block_columns_acc = 0;  // the same for 32-bit elements: max(1, max_request_bytes / (4 dim))
  std::uint32_t normalised_rows = 0;        // rows that a loop normalises together; 0: normalisations are not built in
  std::uint32_t array_latency = 0;  // row enters the array to its result: (tile_latency+1)(2 dim - 1) + output_delay
};

// Only for a config without a violation.
DerivedConfig derive(const AcceleratorConfig& config);

// The narrowest mesh.output_bits in which the sum of `dim` products of two int8 never wraps: 16 + log2(dim).
std::uint32_t required_output_bits(std::uint32_t dim);

// Why a config cannot be built: the keys that clash (the one to blame first) and one sentence.
struct ConfigViolation {
  std::vector<std::string> keys;
  std::string reason;
};
std::optional<ConfigViolation> find_violation(const AcceleratorConfig& config);

// Throws InputError with the first violation. Files and --set are validated when they are loaded; this is for
// configs made in code.
void validate(const AcceleratorConfig& config);

}  // namespace gemel::arch
