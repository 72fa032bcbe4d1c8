// SPDX-License-Identifier: Apache-2.0
#include "sim/native/command_channel.h"

#include <chrono>

namespace gemel::sim {

void CommandChannel::hand_over() {
  if (open_.empty()) return;
  std::unique_lock<std::mutex> lock(mutex_);
  to_program_.wait(lock, [this] { return full_.size() < kMostChunks || stopped_; });
  if (stopped_) {
    open_.clear();
    return;
  }
  full_.push_back(std::move(open_));
  if (empty_.empty()) {
    open_ = {};
    open_.reserve(kChunk);
  } else {
    open_ = std::move(empty_.back());
    empty_.pop_back();
  }
  lock.unlock();
  to_model_.notify_one();
}

std::uint64_t CommandChannel::ask(const NativeStep& step) {
  open_.push_back(step);
  hand_over();
  std::unique_lock<std::mutex> lock(mutex_);
  to_program_.wait(lock, [this] { return answered_ || stopped_; });
  const std::uint64_t value = answered_ ? answer_ : 0;
  answered_ = false;
  return value;
}

bool CommandChannel::end_now(int seconds) {
  {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    if (stopped_) return true;
    open_.push_back({NativeStepKind::End, {}});
    full_.push_back(std::move(open_));
  }
  to_model_.notify_one();
  std::unique_lock<std::mutex> lock(mutex_);
  return to_program_.wait_for(lock, std::chrono::seconds(seconds), [this] { return stopped(); });
}

NativeStep CommandChannel::next() {
  if (at_ < taken_.size()) return taken_[at_++];
  std::unique_lock<std::mutex> lock(mutex_);
  taken_.clear();
  if (taken_.capacity() > 0) empty_.push_back(std::move(taken_));
  to_model_.wait(lock, [this] { return !full_.empty(); });
  taken_ = std::move(full_.front());
  full_.pop_front();
  at_ = 0;
  lock.unlock();
  to_program_.notify_one();
  return taken_[at_++];
}

void CommandChannel::answer(std::uint64_t value) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    answered_ = true;
    answer_ = value;
  }
  to_program_.notify_one();
}

void CommandChannel::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  to_program_.notify_all();
}

}  // namespace gemel::sim
