// SPDX-License-Identifier: Apache-2.0
#include "sim/native/program_parameters.h"

#include <algorithm>
#include <sstream>

#include "sim/arch/program_words.h"

namespace gemel::sim {

namespace {

// Interface of Gemmini's generated header: the names are those that its programs use.
constexpr const char* kTypes = R"(
typedef int8_t elem_t;
static const elem_t elem_t_max = 127;
static const elem_t elem_t_min = -128;
typedef int32_t acc_t;
typedef int64_t full_t;

#define HAS_MVIN_SCALE
typedef float scale_t;
typedef uint32_t scale_t_bits;

typedef int32_t scale_acc_t;
typedef uint32_t scale_acc_t_bits;

typedef float acc_scale_t;
typedef uint32_t acc_scale_t_bits;
#define ACC_SCALE_T_IS_FLOAT
#define ACC_SCALE_EXP_BITS 8
#define ACC_SCALE_SIG_BITS 24

#define MVIN_SCALE_IDENTITY 1.0
#define ACC_SCALE_IDENTITY 1.0

#define row_align(blocks) __attribute__((aligned((blocks) * DIM * sizeof(elem_t))))
#define row_align_acc(blocks) __attribute__((aligned((blocks) * DIM * sizeof(acc_t))))

// The machine's arithmetic, for checks on the host.
static inline long long gemel_params_round(double value) { // half to even
  const long long towards_zero = (long long)value;
  const double rest = value < 0 ? towards_zero - value : value - towards_zero;
  const int away = rest > 0.5 || (rest == 0.5 && (towards_zero & 1));
  return away ? (value < 0 ? towards_zero - 1 : towards_zero + 1) : towards_zero;
}
static inline elem_t gemel_params_scale(float product) {
  if (product >= 127) return 127;
  if (product <= -128) return -128;
  return (elem_t)gemel_params_round(product);
}
static inline long long gemel_params_shift(long long value, int shift) { // right, half to even
  if (shift <= 0) return value * (1LL << -shift);
  const long long floor = value >> shift;
  const long long rest = value - floor * (1LL << shift), half = 1LL << (shift - 1);
  return floor + (rest > half || (rest == half && (floor & 1)));
}
#define ROUND_NEAR_EVEN(x) (gemel_params_round(x))
#define ROUNDING_RIGHT_SHIFT(x, shift) (gemel_params_shift((x), (shift)))
#define ACC_SCALE(x, scale) ((acc_t)gemel_params_scale((float)(x) * (float)(scale)))
#define MVIN_SCALE(x, scale) (gemel_params_scale((float)(x) * (float)(scale)))

#define ACC_READ_SMALL_WIDTH
)";

}  // namespace

std::string gemmini_params_header(const arch::AcceleratorConfig& config) {
  const arch::DerivedConfig d = arch::derive(config);
  std::ostringstream out;
  out << "// Parameters of the machine " << config.name << " for Gemmini programs; written by gemel.\n"
      << "#ifndef GEMMINI_PARAMS_H\n#define GEMMINI_PARAMS_H\n\n#include <limits.h>\n#include <stdint.h>\n\n"
      << "#define XCUSTOM_ACC 3\n"
      << "#define DIM " << d.dim << "\n#define ADDR_LEN 32\n"
      << "#define BANK_NUM " << config.scratchpad.banks << "\n#define BANK_ROWS " << d.scratchpad_bank_rows << "\n"
      << "#define ACC_ROWS " << d.accumulator_rows << "\n"
      << "#define MAX_BYTES " << config.dma.max_request_bytes << "\n#define MAX_BLOCK_LEN " << d.max_block_columns
      << "\n#define MAX_BLOCK_LEN_ACC " << d.max_block_columns_acc << "\n"
      << kTypes;
  if (config.full_width_accumulator_read) out << "#define ACC_READ_FULL_WIDTH\n";
  if (config.normalisations) out << "#define HAS_NORMALIZATIONS\n#define NORM_STAT_IDS 4\n";
  out << "#define HAS_FIRST_LAYER_OPTIMIZATIONS\n\n#endif  // GEMMINI_PARAMS_H\n";
  return out.str();
}

std::string find_mismatch(const gemel_native_program& program, const arch::AcceleratorConfig& config) {
  const arch::DerivedConfig d = arch::derive(config);
  struct Figure {
    const char* name;
    std::int64_t program, machine;
    const char* key;
  };
  const Figure figures[] = {
      {"DIM", program.dim, d.dim, "mesh.dim"},
      {"BANK_NUM", program.bank_num, config.scratchpad.banks, "scratchpad.banks"},
      {"BANK_ROWS", program.bank_rows, d.scratchpad_bank_rows, "scratchpad.capacity_kib and scratchpad.banks"},
      {"ACC_ROWS", program.acc_rows, d.accumulator_rows, "accumulator.capacity_kib"},
      {"ADDR_LEN", program.addr_len, 32, "width of a local address"},
      {"sizeof(elem_t)", program.elem_bytes, 1, "operands are int8"},
      {"sizeof(acc_t)", program.acc_bytes, 4, "sums are int32"},
      {"ACC_SCALE_EXP_BITS", program.acc_scale_exp_bits, 8, "scales are float32"},
      {"ACC_SCALE_SIG_BITS", program.acc_scale_sig_bits, 24, "scales are float32"},
  };
  for (const Figure& figure : figures) {
    if (figure.program >= 0 && figure.program != figure.machine)
      return std::string(figure.name) + " is " + std::to_string(figure.program) + " in the program and " +
             std::to_string(figure.machine) + " on the machine (" + figure.key + ")";
  }
  const std::int64_t most_bytes = std::max(config.dma.max_request_bytes, d.dim);
  if (program.max_bytes > most_bytes)
    return "MAX_BYTES is " + std::to_string(program.max_bytes) + " in the program; the machine moves at most " +
           std::to_string(most_bytes) + " at once (dma.max_request_bytes)";
  if (program.elem_is_float == 1) return "elem_t is a floating-point type in the program; the machine's is int8";
  if (program.acc_is_float == 1) return "acc_t is a floating-point type in the program; the machine's is int32";
  if (program.has_mvin_scale == 0) return "the program has no HAS_MVIN_SCALE; the machine scales what mvin loads";
  if (program.has_mvin_acc_scale == 1)
    return "the program has HAS_MVIN_ACC_SCALE; the machine does not scale int32 loads";
  if (program.acc_scale_is_float == 0)
    return "the program has no ACC_SCALE_T_IS_FLOAT; the machine's scales are float32";
  if (program.reads_full_width == 1 && !config.full_width_accumulator_read)
    return "the program has ACC_READ_FULL_WIDTH; the machine does not (full_width_accumulator_read)";
  if (program.has_normalizations == 1 && !config.normalisations)
    return "the program has HAS_NORMALIZATIONS; the machine has no normalising activations (normalisations)";
  return "";
}

std::string default_machine(const gemel_native_program& program) {
  const bool later = program.isa == std::string(arch::isa_version_word(arch::IsaVersion::Gemmini2025));
  return later ? "gemmini_2025_16x16" : "gemmini_16x16";
}

std::string default_settings(const gemel_native_program& program) {
  return program.has_normalizations == 1 ? "normalisations=true" : "";
}

std::string find_loop_mismatch(const gemel_native_program& program, const arch::AcceleratorConfig& config) {
  const std::string programs = program.isa, machines = arch::isa_version_word(config.isa_version);
  if (programs.empty() || programs == machines) return "";
  return "the loops of the program's gemmini.h are those of " + programs + ", the machine " + config.name +
         " has those of " + machines + "; compile with --set isa.version=" + programs + " or for the machine " +
         default_machine(program);
}

}  // namespace gemel::sim
