// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gemel::sim {

// Calls `handler` before the process dies of a signal (an access violation, abort(), Ctrl-C, ...), on a stack of its
// own. Signals that the program handles or ignores already are left to it.
void on_fatal_signals(void (*handler)());

}  // namespace gemel::sim
