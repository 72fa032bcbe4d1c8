// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/owner.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace gemel::sim {
namespace {

// The kernel's boot, and the space in which a process id has a meaning.
std::string own_realm() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  char space[64] = {};
  if (readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0) space[0] = '\0';
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return std::string(host) + "/" + boot + "/" + space;
}

// Ticks since boot; "" where there is no such process. Process ids are used again, these pairs are not.
std::string start_time(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;  // a process that ends just now gives nothing
  std::getline(file, text, '\0');
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(text.substr(name_end + 1));
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields),
                                       std::istream_iterator<std::string>()};
  constexpr std::size_t kState = 0, kStartTime = 19;  // fields 3 and 22 of proc(5)
  if (words.size() <= kStartTime || words[kState] == "Z") return "";
  return words[kStartTime];
}

}  // namespace

std::string own_name() {
  const std::string pid = std::to_string(getpid());
  return own_realm() + "/" + pid + "/" + start_time(pid);
}

Liveness liveness_of(const std::string& owner) {
  const std::string realm = own_realm() + "/";
  if (owner.compare(0, realm.size(), realm) != 0) return Liveness::Unknown;
  const std::string rest = owner.substr(realm.size());
  const std::size_t slash = rest.find('/');
  const std::string started = start_time(rest.substr(0, slash));
  return !started.empty() && started == rest.substr(slash + 1) ? Liveness::Alive : Liveness::Dead;
}

}  // namespace gemel::sim
