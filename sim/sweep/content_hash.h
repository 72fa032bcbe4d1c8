// SPDX-License-Identifier: Apache-2.0
#pragma once
// A fingerprint of contents: 128 bits, the same on every machine.
#include <memory>
#include <string>
#include <string_view>

namespace gemel::sim {

class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;

  // Parts are told apart: "ab", "c" differs from "a", "bc".
  ContentHash& add(std::string_view part);
  std::string hex() const;  // 32 digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of a whole file. Throws arch::InputError where it cannot be read.
std::string hash_file(const std::string& path);

}  // namespace gemel::sim
