// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/synthetic.h"

#include "sim/arch/numerics.h"

namespace gemel::compiler {
namespace {

std::uint64_t seed_of(const std::string& name) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

// Sum of four uniform bytes, centred: -512..508, deviation about 148.
std::int32_t bell(std::uint32_t bits) {
  return static_cast<std::int32_t>((bits & 255u) + (bits >> 8 & 255u) + (bits >> 16 & 255u) + (bits >> 24)) - 512;
}

std::vector<std::int8_t> bell_bytes(const std::string& name, std::int64_t count, int divisor) {
  SplitMix random(seed_of(name));
  std::vector<std::int8_t> data(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const std::uint64_t bits = random.next();
    data[i] = static_cast<std::int8_t>(bell(static_cast<std::uint32_t>(bits)) / divisor);
    if (i + 1 < data.size())
      data[i + 1] = static_cast<std::int8_t>(bell(static_cast<std::uint32_t>(bits >> 32)) / divisor);
  }
  return data;
}

}  // namespace

std::vector<std::int8_t> synthetic_weights(const std::string& name, std::int64_t count, int divisor) {
  return bell_bytes(name, count, divisor);
}

std::vector<std::int32_t> synthetic_bias(const std::string& name, std::int64_t count, double deviation) {
  SplitMix random(seed_of(name));
  std::vector<std::int32_t> data(static_cast<std::size_t>(count));
  for (std::int32_t& value : data) {
    value = static_cast<std::int32_t>(bell(static_cast<std::uint32_t>(random.next())) * (deviation / 148.0));
  }
  return data;
}

TensorValue synthetic_input(const Tensor& input) {
  TensorValue value;
  if (input.type == ElementType::Int32) {
    SplitMix random(seed_of("input:" + input.name));
    value.int32_data.resize(static_cast<std::size_t>(element_count(input.shape)));
    for (std::int32_t& v : value.int32_data) v = static_cast<std::int32_t>(random.next() & 1);
    return value;
  }
  value.int8_data = bell_bytes("input:" + input.name, element_count(input.shape), 4);
  for (std::int8_t& v : value.int8_data) {
    if (v == -128) v = -127;
    if (input.type == ElementType::UInt8) v = static_cast<std::int8_t>(v ^ -128);
  }
  if (input.type == ElementType::Float32) {
    for (const std::int8_t v : value.int8_data) {
      value.int32_data.push_back(static_cast<std::int32_t>(arch::bits_from_float(static_cast<float>(v) / 32.0f)));
    }
    value.int8_data.clear();
  }
  return value;
}

}  // namespace gemel::compiler
