// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/systemverilog_package.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>
#include <vector>

#include "sim/arch/input_error.h"
#include "sim/arch/isa.h"

namespace gemel::arch {
namespace {

// some_name, Some_Name -> SomeName.
std::string upper_camel(const std::string& name) {
  std::string text;
  bool starts_word = true;
  for (const char c : name) {
    if (c == '_') {
      starts_word = true;
      continue;
    }
    text += starts_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts_word = false;
  }
  return text;
}

void write_number(std::ostream& out, const std::string& name, std::uint64_t value) {
  out << "  localparam int unsigned " << name << " = " << value << ";\n";
}
void write_flag(std::ostream& out, const std::string& name, bool value) {
  out << "  localparam bit " << name << " = 1'b" << (value ? 1 : 0) << ";\n";
}

// 0 and anything from dim on mean one unit a lane.
std::uint32_t resolved_units(const ScaleConfig& scale, std::uint32_t dim) {
  return scale.units == 0 ? dim : std::min(scale.units, dim);
}

void write_figures(std::ostream& out, const AcceleratorConfig& config) {
  const DerivedConfig derived = derive(config);
  const std::uint32_t dim = derived.dim;
  out << "  // Array\n";
  write_number(out, "Dim", dim);
  write_flag(out, "HasWeightStationary", config.mesh.dataflow != Dataflow::OutputStationary);
  write_flag(out, "HasOutputStationary", config.mesh.dataflow != Dataflow::WeightStationary);
  write_number(out, "OutputBits", config.mesh.output_bits);
  write_number(out, "TileLatency", config.mesh.tile_latency_cycles);
  write_number(out, "OutputDelay", config.mesh.output_delay_cycles);
  write_number(out, "ArrayLatency", derived.array_latency);

  out << "\n  // Scratchpad\n";
  write_number(out, "ScratchpadRows", derived.scratchpad_rows);
  write_number(out, "ScratchpadBanks", config.scratchpad.banks);
  write_number(out, "ScratchpadBankRows", derived.scratchpad_bank_rows);
  write_number(out, "ScratchpadPorts", config.scratchpad.ports);
  write_number(out, "ScratchpadReadDelay", config.scratchpad.read_delay_cycles);

  out << "\n  // Accumulator\n";
  write_number(out, "AccumulatorRows", derived.accumulator_rows);
  write_number(out, "AccumulatorBanks", config.accumulator.banks);
  write_number(out, "AccumulatorBankRows", derived.accumulator_bank_rows);
  write_number(out, "AccumulatorPorts", config.accumulator.ports);
  write_number(out, "AccumulatorSubBanks", config.accumulator.sub_banks);
  write_number(out, "AccumulatorLatency", config.accumulator.latency_cycles);
  write_flag(out, "FullWidthAccumulatorRead", config.full_width_accumulator_read);
  write_flag(out, "HasNormalisations", config.normalisations);

  out << "\n  // Scaling; units 1..Dim, Dim is one per lane\n";
  write_number(out, "MvinScaleUnits", resolved_units(config.mvin_scale, dim));
  write_number(out, "MvinScaleLatency", config.mvin_scale.latency_cycles);
  write_number(out, "AccumulatorScaleUnits", resolved_units(config.accumulator_scale, dim));
  write_number(out, "AccumulatorScaleLatency", config.accumulator_scale.latency_cycles);

  out << "\n  // Queues and reservation station\n";
  write_number(out, "LoadQueueDepth", config.queues.load);
  write_number(out, "StoreQueueDepth", config.queues.store);
  write_number(out, "ExecuteQueueDepth", config.queues.execute);
  write_number(out, "LoadEntries", config.reservation_station.load_entries);
  write_number(out, "StoreEntries", config.reservation_station.store_entries);
  write_number(out, "ExecuteEntries", config.reservation_station.execute_entries);

  out << "\n  // DMA\n";
  write_number(out, "BusBytes", derived.bus_bytes);
  write_number(out, "MaxRequestBytes", config.dma.max_request_bytes);
  write_number(out, "RequestsInFlight", config.dma.requests_in_flight);
  write_number(out, "LoadsInFlight", config.dma.loads_in_flight);

  out << "\n  // Local addresses\n";
  write_number(out, "LocalRowBits", derived.local_row_bits);
  out << "  localparam int unsigned MostBanks = ScratchpadBanks > AccumulatorBanks ? ScratchpadBanks : "
         "AccumulatorBanks;\n"
         "  localparam int unsigned BankBits = MostBanks > 1 ? $clog2(MostBanks) : 1;\n";
}

constexpr char kTypes[] = R"(
  // ---- Types ----
  typedef logic [63:0] dram_address_t;
  typedef logic [LocalRowBits-1:0] local_row_t;
  typedef logic [Dim-1:0][7:0] row_t;
  typedef logic [Dim-1:0][31:0] accumulator_row_t;

  typedef struct packed {
    logic                     accumulator;
    logic                     accumulate;
    logic                     full_width;
    logic [27-LocalRowBits:0] ignored;
    logic                     garbage;
    local_row_t               row;
  } local_address_t;

  // As rs1 and rs2 hold it.
  typedef struct packed {
    logic [15:0]    rows;
    logic [15:0]    cols;
    local_address_t address;
  } local_block_t;

  typedef struct packed {
    logic [6:0]  funct;
    logic [63:0] rs1;
    logic [63:0] rs2;
  } command_t;

  localparam int unsigned LoadIdBits = LoadEntries > 1 ? $clog2(LoadEntries) : 1;
  localparam int unsigned ExecuteIdBits = ExecuteEntries > 1 ? $clog2(ExecuteEntries) : 1;
  localparam int unsigned StoreIdBits = StoreEntries > 1 ? $clog2(StoreEntries) : 1;
  typedef logic [LoadIdBits-1:0] load_id_t;
  typedef logic [ExecuteIdBits-1:0] execute_id_t;
  typedef logic [StoreIdBits-1:0] store_id_t;

  typedef struct packed {
    command_t command;
    load_id_t id;
  } load_issue_t;
  typedef struct packed {
    command_t    command;
    execute_id_t id;
  } execute_issue_t;
  typedef struct packed {
    command_t  command;
    store_id_t id;
  } store_issue_t;

  // One row on its way into a bank from the load side.
  typedef struct packed {
    logic                    accumulator;
    logic                    accumulate;
    local_row_t              row;
    logic [4*Dim-1:0]        mask;
    logic [4*Dim-1:0][7:0]   data;
  } local_write_t;

  typedef struct packed {
    logic                valid;
    logic                accumulator;
    logic [BankBits-1:0] bank;
  } bank_select_t;

  // One block of a row (or one element of a pooling window) on its way to memory.
  typedef struct packed {
    dram_address_t         dram_address;
    logic                  first;
    logic                  last;
    logic                  pool;
    logic                  full_width;
    logic [15:0]           block;
    logic [15:0]           lanes;
    logic [4*Dim-1:0][7:0] data;
  } store_element_t;

  // A row of an mvin, as the load controller asks for it.
  typedef struct packed {
    dram_address_t dram_address;
    local_row_t    row;            // of its first piece
    logic          accumulator;
    logic          accumulate;
    logic          wide;           // 32-bit elements
    logic [15:0]   cols;
    logic [15:0]   block_stride;
    logic [31:0]   scale;
    logic [7:0]    pixel_repeats;  // at least 1
    logic [15:0]   repeats;        // local rows that get this row, at least 1
    logic          last;           // of its mvin
    load_id_t      id;
  } load_row_t;

  // Bytes of one row, and of one DMA transaction.
  localparam int unsigned RowByteBits = 18;
  localparam int unsigned RequestByteBits = $clog2(MaxRequestBytes) + 1;
  localparam int unsigned BeatCountBits = $clog2(MaxRequestBytes / BusBytes) + 1;
  typedef logic [RowByteBits-1:0] row_bytes_t;
  typedef logic [RequestByteBits-1:0] request_bytes_t;
  typedef logic [BeatCountBits-1:0] beat_count_t;

  // A read transaction, as the merger needs it.
  typedef struct packed {
    load_row_t      row;
    row_bytes_t     position;  // of its first useful byte in the row
    request_bytes_t offset;    // of its first useful byte in the transaction
    request_bytes_t useful;
    beat_count_t    beats;
    logic           last;      // of its row
  } read_transaction_t;

  // The part of a local row that one transaction carries; bytes outside the mask are 0.
  typedef struct packed {
    local_row_t            row;
    logic                  accumulator;
    logic                  accumulate;
    logic                  wide;
    logic [15:0]           cols;
    logic [31:0]           scale;
    logic [7:0]            pixel_repeats;
    logic [15:0]           repeats;
    logic                  last;  // of its mvin
    load_id_t              id;
    logic [4*Dim-1:0]      mask;
    logic [4*Dim-1:0][7:0] data;
  } piece_t;

  // Pieces that the row buffer holds, and the most that one transaction has.
  localparam int unsigned RowBufferPieces =
      RequestsInFlight * (MaxRequestBytes > Dim ? MaxRequestBytes / Dim : 1) + 16;
  typedef logic [$clog2(RowBufferPieces + 1)-1:0] piece_count_t;

  // A write transaction's beat.
  typedef struct packed {
    dram_address_t            address;  // of the transaction
    beat_count_t              beats;
    logic                     first;
    logic                     last;
    logic [BusBytes-1:0]      mask;
    logic [BusBytes-1:0][7:0] data;
  } write_beat_t;

  localparam dram_address_t OneByte = 64'd1;

  // ---- Ranges of local rows ----
  // Half-open; `stop` is cut at the last row and `wrapped_stop` is what runs past it.
  typedef struct packed {
    logic                  valid;
    logic                  accumulator;
    logic                  wraps;
    logic [LocalRowBits:0] start;
    logic [LocalRowBits:0] stop;
    logic [LocalRowBits:0] wrapped_stop;
  } row_range_t;

  function automatic logic ranges_overlap(row_range_t a, row_range_t b);
    return a.valid && b.valid && a.accumulator == b.accumulator
        && ((a.start < b.stop && b.start < a.stop)
            || (a.wraps && b.start < a.wrapped_stop)
            || (b.wraps && a.start < b.wrapped_stop));
  endfunction

  // ---- Local addresses ----
  // Bits 31..29, the garbage bit and all row bits set; the ignored bits do not matter.
  function automatic logic is_garbage(local_address_t address);
    return address.accumulator && address.accumulate && address.full_width && address.garbage && (&address.row);
  endfunction

  // Row index, wrapped to the memory that the address names.
  function automatic local_row_t row_of(local_address_t address);
    return address.row & (address.accumulator ? local_row_t'(AccumulatorRows - 1) : local_row_t'(ScratchpadRows - 1));
  endfunction

  function automatic logic [BankBits-1:0] bank_of(local_address_t address);
    local_row_t row;
    row = row_of(address);
    return address.accumulator ? BankBits'(row >> $clog2(AccumulatorBankRows))
                               : BankBits'(row >> $clog2(ScratchpadBankRows));
  endfunction

  // The row `offset` further; wraps inside the row field, flags stay.
  function automatic local_address_t address_plus(local_address_t address, int unsigned offset);
    local_address_t sum;
    sum = address;
    sum.row = address.row + local_row_t'(offset);
    return sum;
  endfunction
)";

// The instruction's name, the same in both versions.
std::string common_name(const InstructionInfo& info) {
  std::string name = info.name;
  if (const std::size_t suffix = name.rfind("2025"); suffix != std::string::npos) name.erase(suffix);
  return upper_camel(name);
}
// One design unrolls the loops of both versions, so their names are there in both.
bool is_loop(const InstructionInfo& info) { return common_name(info).rfind("Loop", 0) == 0; }

// FunctMvin = 7'd2 and so on, each function code once, in the order of the table.
void write_functs(std::ostream& out, IsaVersion version) {
  std::vector<std::pair<std::string, unsigned>> functs;
  for (const InstructionInfo& info : instruction_table()) {
    const unsigned code = static_cast<unsigned>(info.funct);
    const auto is_same = [&](const auto& entry) { return entry.second == code; };
    if (!info.exists_in(version) && !is_loop(info)) continue;
    if (std::any_of(functs.begin(), functs.end(), is_same)) continue;
    functs.emplace_back(info.subtype == kNoSubtype ? common_name(info) : "Config", code);
  }
  out << "\n  // ---- Instructions ----\n  typedef enum logic [6:0] {\n";
  for (std::size_t i = 0; i < functs.size(); ++i) {
    out << "    Funct" << functs[i].first << " = 7'd" << functs[i].second << (i + 1 < functs.size() ? ",\n" : "\n");
  }
  out << "  } funct_e;\n";
}

void write_fields(std::ostream& out, IsaVersion version) {
  for (const InstructionInfo& info : instruction_table()) {
    if (!info.exists_in(version) || is_loop(info)) continue;
    out << "\n  // " << info.mnemonic << ": " << info.meaning << "\n";
    if (info.subtype != kNoSubtype) {
      out << "  localparam logic [1:0] " << upper_camel(info.name) << "Subtype = 2'd" << info.subtype << ";\n";
    }
    for (const FieldInfo& field : info.fields) {
      const std::string name = upper_camel(info.name) + upper_camel(field.name);
      out << "  // " << (field.place.operand == Operand::Rs1 ? "rs1: " : "rs2: ") << field.meaning << "\n";
      write_number(out, name + "Lsb", field.place.lsb);
      write_number(out, name + "Width", field.place.width);
    }
  }
}

// Loop instructions: <Name><Field>At is the place of the field in {1'b0, rs2, rs1}. A field that only the other version
// has is the zero above the operands.
void write_loop_fields(std::ostream& out, IsaVersion version) {
  constexpr unsigned kOperandBits = 64;
  struct Place {
    std::string name;
    unsigned at, width;
  };
  std::vector<Place> places;
  for (const InstructionInfo& info : instruction_table()) {
    if (!is_loop(info)) continue;
    for (const FieldInfo& field : info.fields) {
      const std::string name = common_name(info) + upper_camel(field.name);
      const auto found = std::find_if(places.begin(), places.end(), [&](const Place& it) { return it.name == name; });
      Place& place = found != places.end() ? *found : places.emplace_back(Place{name, 2 * kOperandBits, 1});
      if (!info.exists_in(version)) continue;
      place.at = field.place.lsb + (field.place.operand == Operand::Rs2 ? kOperandBits : 0);
      place.width = field.place.width;
    }
  }
  out << "\n  // Fields of loop instructions, in {1'b0, rs2, rs1}. What this version does not have is the bit above.\n"
         "  localparam int unsigned LoopOperandBits = "
      << 2 * kOperandBits + 1 << ";\n";
  for (const Place& place : places) {
    write_number(out, place.name + "At", place.at);
    write_number(out, place.name + "Width", place.width);
  }
}

}  // namespace

std::string systemverilog_package(const AcceleratorConfig& config) {
  validate(config);
  constexpr std::uint32_t kMostBeats = 256;  // of an AXI4 burst
  const std::uint32_t bus_bytes = config.dma.bus_width_bits / 8;
  if (config.dma.max_request_bytes / bus_bytes > kMostBeats) {
    throw InputError(config.name + ": dma.max_request_bytes: a request of " +
                     std::to_string(config.dma.max_request_bytes) + " bytes is more than " +
                     std::to_string(kMostBeats) + " beats of the " + std::to_string(config.dma.bus_width_bits) +
                     "-bit bus, the longest AXI4 burst; at most " + std::to_string(kMostBeats * bus_bytes) +
                     " bytes can be built");
  }
  std::ostringstream out;
  out << "// SPDX-License-Identifier: Apache-2.0\n"
         "// Generated by `gemel rtl` from configuration "
      << config.name
      << ". Do not edit.\n"
         "// A design point uses a part of it, and a function a part of an address; that the rest is unused is no "
         "finding.\n"
         "/* verilator lint_off UNUSEDPARAM */\n"
         "/* verilator lint_off UNUSEDSIGNAL */\n"
         "package accelerator_pkg;\n";
  write_figures(out, config);
  out << kTypes;
  out << "\n";
  write_flag(out, "IsGemmini2025", config.isa_version == IsaVersion::Gemmini2025);
  write_functs(out, config.isa_version);
  write_fields(out, config.isa_version);
  write_loop_fields(out, config.isa_version);
  out << "\nendpackage : accelerator_pkg\n"
         "/* verilator lint_on UNUSEDSIGNAL */\n"
         "/* verilator lint_on UNUSEDPARAM */\n";
  return out.str();
}

}  // namespace gemel::arch
