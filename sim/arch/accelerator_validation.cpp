// SPDX-License-Identifier: Apache-2.0
// Which machines can be built. One sentence for each that cannot.
#include <algorithm>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/accelerator_settings.h"
#include "sim/arch/input_error.h"

namespace gemel::arch {
namespace {

using Violation = std::optional<ConfigViolation>;

bool is_power_of_two(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }
std::string text(std::uint64_t value) { return std::to_string(value); }

Violation check_ranges(const AcceleratorConfig& config) {
  for (const Setting& setting : accelerator_settings()) {
    const std::uint32_t value = setting.get(config);
    if (setting.is_number) {
      if (value >= setting.min && value <= setting.max) continue;
    } else {
      const auto is_value = [&](const auto& word) { return word.second == value; };
      if (std::any_of(setting.words.begin(), setting.words.end(), is_value)) continue;
    }
    return ConfigViolation{{setting.path}, text(value) + " is out of range; expected " + format_allowed(setting)};
  }
  return std::nullopt;
}

Violation check_powers_of_two(const AcceleratorConfig& config) {
  for (const char* path : {"mesh.dim", "scratchpad.banks", "accumulator.banks", "accumulator.sub_banks",
                           "reservation_station.load_entries", "reservation_station.store_entries",
                           "reservation_station.execute_entries", "dma.bus_width_bits", "dma.max_request_bytes"}) {
    const Setting& setting = find_setting(path, "validation");
    const std::uint32_t value = setting.get(config);
    if (is_power_of_two(value)) continue;
    std::uint32_t below = setting.min;  // both ends of these ranges are powers of two themselves
    while (2 * below < value) below *= 2;
    return ConfigViolation{
        {path}, text(value) + " is not a power of two; the nearest are " + text(below) + " and " + text(2 * below)};
  }
  return std::nullopt;
}

Violation check_bank_rows(const std::string& memory, std::uint32_t capacity_kib, std::uint32_t banks,
                          std::uint32_t row_bytes, std::uint32_t dim) {
  const std::vector<std::string> keys = {memory + ".capacity_kib", memory + ".banks", "mesh.dim"};
  const std::uint64_t bank_bytes_of_all = std::uint64_t{capacity_kib} * 1024;
  const std::string shape = text(capacity_kib) + " KiB in " + text(banks) + (banks == 1 ? " bank" : " banks") + " of " +
                            text(row_bytes) + "-byte rows";
  const std::uint64_t rows = bank_bytes_of_all / (std::uint64_t{banks} * row_bytes);
  if (rows < dim) {
    return ConfigViolation{
        keys, shape + " is " + text(rows) + " rows a bank; a bank must hold a block of mesh.dim = " + text(dim) +
                  " rows, so the least is " + text((std::uint64_t{dim} * banks * row_bytes + 1023) / 1024) + " KiB"};
  }
  if (rows * banks * row_bytes != bank_bytes_of_all || !is_power_of_two(rows)) {
    return ConfigViolation{keys, shape + " is " + text(rows) +
                                     " rows a bank; the rows of a bank must be a power of two, so that the bank is "
                                     "the upper bits of a row address"};
  }
  // 2^25 rows: the garbage bit above the row index must stay below the normalisation command (bits 28..26).
  constexpr std::uint64_t kMostRows = std::uint64_t{1} << 25;
  if (rows * banks > kMostRows) {
    return ConfigViolation{
        keys, shape + " is " + text(rows * banks) + " rows; a local address has room for " + text(kMostRows)};
  }
  return std::nullopt;
}

Violation check_mesh(const AcceleratorConfig& config) {
  const std::uint32_t bits = config.mesh.output_bits;
  const std::uint32_t needed = required_output_bits(config.mesh.dim);
  if (bits >= needed) return std::nullopt;
  return ConfigViolation{{"mesh.output_bits", "mesh.dim"},
                         text(bits) + " bits wrap in one pass of " + text(config.mesh.dim) +
                             " products of two int8, whose sum reaches " + text(std::uint64_t{config.mesh.dim} << 14) +
                             "; " + text(needed) + " bits are needed (auto chooses them)"};
}

Violation check_accumulator(const AcceleratorConfig& config) {
  const AccumulatorConfig& accumulator = config.accumulator;
  if (accumulator.sub_banks == 1 || accumulator.ports == 1) return std::nullopt;
  return ConfigViolation{{"accumulator.sub_banks", "accumulator.ports"},
                         text(accumulator.sub_banks) +
                             " sub-banks in a bank of two ports; sub-banks only serve to share a single port, so set "
                             "accumulator.ports to 1 or accumulator.sub_banks to 1"};
}

Violation check_dma(const AcceleratorConfig& config) {
  const std::uint32_t beat_bytes = config.dma.bus_width_bits / 8;
  if (config.dma.max_request_bytes >= beat_bytes) return std::nullopt;
  return ConfigViolation{{"dma.max_request_bytes", "dma.bus_width_bits"},
                         text(config.dma.max_request_bytes) + " bytes are less than one beat of the bus (" +
                             text(config.dma.bus_width_bits) + " bits = " + text(beat_bytes) + " bytes)"};
}

}  // namespace

std::optional<ConfigViolation> find_violation(const AcceleratorConfig& config) {
  if (Violation violation = check_ranges(config)) return violation;
  if (Violation violation = check_powers_of_two(config)) return violation;
  if (Violation violation = check_mesh(config)) return violation;
  const std::uint32_t dim = config.mesh.dim;
  const ScratchpadConfig& scratchpad = config.scratchpad;
  if (Violation violation = check_bank_rows("scratchpad", scratchpad.capacity_kib, scratchpad.banks, dim, dim)) {
    return violation;
  }
  const AccumulatorConfig& accumulator = config.accumulator;
  if (Violation violation = check_bank_rows("accumulator", accumulator.capacity_kib, accumulator.banks, 4 * dim, dim)) {
    return violation;
  }
  if (Violation violation = check_accumulator(config)) return violation;
  return check_dma(config);
}

void validate(const AcceleratorConfig& config) {
  const std::optional<ConfigViolation> violation = find_violation(config);
  if (violation) {
    throw InputError("configuration '" + config.name + "': " + violation->keys[0] + ": " + violation->reason);
  }
}

}  // namespace gemel::arch
