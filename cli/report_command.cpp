// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output_file.h"
#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/report/html_page.h"
#include "sim/report/sweep_page_data.h"
#include "sim/report/text_report.h"
#include "sim/sweep/result_table.h"
#include "sim/sweep/sweep_results.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string input;
  std::string output;
  bool markdown = false;
  bool csv = false;
};

// The text of a statistics file; refuses anything else.
std::string load_statistics(const std::string& path) {
  const std::string text = arch::load_file(path);
  const nlohmann::json file = nlohmann::json::parse(text, nullptr, false);
  if (file.is_discarded()) throw arch::InputError(path + ": is not JSON; expected a file that gemel run --json wrote");
  if (!file.is_object() || file.value("schema", nlohmann::json()) != "statistics/v1") {
    throw arch::InputError(path + ": is not a statistics file (schema statistics/v1), which gemel run --json writes");
  }
  for (const char* field : {"workload", "config", "engine", "cycles", "macs", "utilization", "verified", "host_seconds",
                            "dram_read_bytes", "dram_write_bytes", "accounting", "layers"}) {
    if (!file.contains(field)) throw arch::InputError(path + ": a statistics file without '" + field + "'");
  }
  return text;
}

std::string run_report(const Options& options) {
  const std::string statistics = load_statistics(options.input);
  if (options.markdown) return sim::run_report_markdown(statistics);
  return options.csv ? sim::run_report_csv(statistics) : sim::run_report_html(statistics);
}

std::string sweep_report(const Options& options) {
  const bool with_statistics = !options.markdown && !options.csv;
  const sim::SweepResults results = sim::load_sweep_results(options.input, with_statistics);
  if (options.csv) return sim::sweep_csv(results);
  if (options.markdown) return sim::sweep_report_markdown(results);
  return sim::sweep_report_html(results.name, sim::sweep_page_data(results));
}

int write_report(const Options& options) {
  if (options.markdown && options.csv) throw arch::InputError("--md and --csv: one of them at a time");
  const bool as_text = options.markdown || options.csv;
  if (!as_text && options.output.empty()) {
    throw arch::InputError("gemel report: -o F.html is needed; --md and --csv also print to the terminal");
  }
  if (!options.output.empty()) check_output_path(options.output, options.input);
  const std::string text = std::filesystem::is_directory(options.input) ? sweep_report(options) : run_report(options);
  if (options.output.empty()) {
    std::cout << text;
  } else {
    write_output_file(options.output, text);
  }
  return kDone;
}

}  // namespace

Action add_report_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("STATS", options->input, "statistics file of a run (gemel run --json), or directory of a sweep")
      ->required();
  command.add_option("-o,--output", options->output, "write the report to this file")->type_name("FILE");
  command.add_flag("--md", options->markdown, "Markdown instead of HTML");
  command.add_flag("--csv", options->csv, "comma-separated values, a line a layer or a point, instead of HTML");
  return [options] { return write_report(*options); };
}

}  // namespace gemel::cli
