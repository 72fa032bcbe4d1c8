// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reference memory of docs/microarchitecture.md section 6 behind AXI4 signals: fixed latency, always ready, one
// response channel for read beats and write acknowledges in the order in which their requests were complete.
//
// A cycle: offer() says what is on the response channels; then the accelerator's outputs settle; then the request
// channels are reported (accept_*) and the responses that it took (take_response).
#include <cstdint>
#include <deque>
#include <vector>

namespace gemel::rtl {

class ReferenceMemory {
 public:
  ReferenceMemory(std::uint64_t base, std::vector<std::uint8_t> contents, std::uint32_t bus_bytes,
                  std::uint32_t latency_cycles)
      : base_(base), contents_(std::move(contents)), bus_bytes_(bus_bytes), latency_cycles_(latency_cycles) {}

  enum class Response : std::uint8_t { None, ReadBeat, Acknowledge };
  // What is offered in cycle `now`; a read beat has the contents that memory has now.
  Response offer(std::uint64_t now, std::uint8_t* beat) const;
  void take_response();

  void accept_read(std::uint64_t now, std::uint64_t address, std::uint32_t beats);
  void accept_write_address(std::uint64_t address);
  // Byte i is written where bit i of `mask` is set.
  void accept_write_beat(std::uint64_t now, const std::uint8_t* beat, std::uint64_t mask, bool is_last);

  bool has_outstanding() const { return !responses_.empty() || is_in_write_; }
  const std::vector<std::uint8_t>& contents() const { return contents_; }

  std::uint64_t read_requests() const { return read_requests_; }
  std::uint64_t write_requests() const { return write_requests_; }
  std::uint64_t read_beats() const { return read_beats_; }
  std::uint64_t write_beats() const { return write_beats_; }

 private:
  struct Pending {
    Response kind;
    std::uint64_t ready;    // first cycle in which it may be offered
    std::uint64_t address;  // of the next read beat
    std::uint32_t beats;    // left
  };
  // Throws std::out_of_range where [address, address + bus) leaves the region.
  std::size_t index_of(std::uint64_t address) const;

  std::uint64_t base_;
  std::vector<std::uint8_t> contents_;
  std::uint32_t bus_bytes_;
  std::uint32_t latency_cycles_;
  std::deque<Pending> responses_;
  bool is_in_write_ = false;
  std::uint64_t write_address_ = 0;
  std::uint64_t read_requests_ = 0, write_requests_ = 0, read_beats_ = 0, write_beats_ = 0;
};

}  // namespace gemel::rtl
