// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which lanes of each row of one local memory have been written.
#include <algorithm>
#include <cstdint>
#include <vector>

namespace gemel::arch {

class WrittenLanes {
 public:
  WrittenLanes(std::uint32_t rows, std::uint32_t dim) : rows_(rows), words_(dim > 64 ? 2 : 1), bits_(rows * words_) {}

  std::uint32_t rows() const { return rows_; }

  // Lanes [first, first + count) of `rows` rows from `row`, which lie inside the memory.
  void write(std::uint32_t row, std::uint32_t rows, std::uint32_t first, std::uint32_t count) {
    for_each_word(first, count, [&](unsigned word, std::uint64_t mask) {
      for (std::uint32_t r = row; r < row + rows; ++r) bits_[r * words_ + word] |= mask;
    });
  }
  // First of those rows in which a lane is missing, or `row + rows`.
  std::uint32_t first_missing(std::uint32_t row, std::uint32_t rows, std::uint32_t first, std::uint32_t count) const {
    std::uint32_t missing = row + rows;
    for_each_word(first, count, [&](unsigned word, std::uint64_t mask) {
      for (std::uint32_t r = row; r < missing; ++r) {
        if ((bits_[r * words_ + word] & mask) != mask) missing = r;
      }
    });
    return missing;
  }
  void write_all() { std::fill(bits_.begin(), bits_.end(), ~std::uint64_t{0}); }

 private:
  template <typename Function>
  void for_each_word(std::uint32_t first, std::uint32_t count, Function f) const {
    for (unsigned word = 0; word < words_; ++word) {
      const std::uint32_t begin = std::max(first, word * 64u);
      const std::uint32_t end = std::min(first + count, word * 64u + 64u);
      if (begin >= end) continue;
      const std::uint64_t ones = end - begin == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (end - begin)) - 1;
      f(word, ones << (begin - word * 64u));
    }
  }

  std::uint32_t rows_;
  unsigned words_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace gemel::arch
