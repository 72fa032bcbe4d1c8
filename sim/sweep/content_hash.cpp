// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/content_hash.h"

#include <xxhash.h>

#include <cstdio>
#include <new>

#include "sim/arch/file_io.h"

namespace gemel::sim {

struct ContentHash::State {
  XXH3_state_t* xxh3 = XXH3_createState();
  ~State() { XXH3_freeState(xxh3); }
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) {
  if (!state_->xxh3) throw std::bad_alloc();
  XXH3_128bits_reset(state_->xxh3);
}
ContentHash::~ContentHash() = default;

ContentHash& ContentHash::add(std::string_view part) {
  const std::string length = std::to_string(part.size()) + ":";
  XXH3_128bits_update(state_->xxh3, length.data(), length.size());
  XXH3_128bits_update(state_->xxh3, part.data(), part.size());
  return *this;
}

std::string ContentHash::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh3);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text;
}

std::string hash_file(const std::string& path) { return ContentHash().add(arch::load_file(path)).hex(); }

}  // namespace gemel::sim
