// SPDX-License-Identifier: Apache-2.0
// libsystemc.so refers to sc_main, which its own main would call. Our programs have a main of their own.
#include <cstdlib>

extern "C" __attribute__((visibility("default"))) int sc_main(int /*argc*/, char** /*argv*/) { std::abort(); }
