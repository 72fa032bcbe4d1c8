// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who works on a point: a process, told apart from every other one on every machine.
#include <string>

namespace gemel::sim {

// "host/boot/pid namespace/pid/start time" of this process.
std::string own_name();

enum class Liveness { Alive, Dead, Unknown };  // Unknown: it runs, or ran, where this process can not look
Liveness liveness_of(const std::string& owner);

}  // namespace gemel::sim
