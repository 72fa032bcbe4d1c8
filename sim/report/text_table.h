// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pieces of Markdown tables and CSV files.
#include <cstddef>
#include <string>
#include <vector>

namespace gemel::sim {

std::string markdown_cell(std::string text);  // '|' and line ends do not end the cell
std::string markdown_row(const std::vector<std::string>& cells);
// Names and the line below; the first `left` columns are left-aligned, the others right.
std::string markdown_head(const std::vector<std::string>& names, std::size_t left);

std::string csv_field(const std::string& text);  // quoted where it has to be
std::string csv_row(const std::vector<std::string>& fields);

std::string decimal_text(double value);  // six significant digits at most

}  // namespace gemel::sim
