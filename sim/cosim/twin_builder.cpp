// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/twin_builder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/arch/systemverilog_package.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kObject = "twin.so";

// In the order in which verilator reads them: relative to rtl/, from rtl/sources.cmake.
constexpr const char* kDesignFiles[] = {GEMEL_RTL_SOURCES};
constexpr const char* kMonitor = "rtl/tb/accelerator_monitor.sv";
constexpr const char* kWaivers = "rtl/lint/verilator_waivers.vlt";
constexpr const char* kGlue = "rtl/tb/twin.cpp";
constexpr const char* kInterface = "sim/cosim/twin_abi.h";

fs::path source_dir() {
  const char* dir = std::getenv("GEMEL_SOURCE_DIR");
  return dir != nullptr ? dir : GEMEL_RTL_ROOT;
}

// FNV-1a with 64 bits, twice with different starts.
class ContentHash {
 public:
  void add(const std::string& text) {
    add_bytes(text);
    add_bytes(std::to_string(text.size()));
  }
  std::string text() const {
    char digits[33];
    std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(a_),
                  static_cast<unsigned long long>(b_));
    return std::string(digits, 24);
  }

 private:
  void add_bytes(const std::string& text) {
    for (const char c : text) {
      a_ = (a_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
      b_ = (b_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
  }
  std::uint64_t a_ = 0xcbf29ce484222325u, b_ = 0x9e3779b97f4a7c15u;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Standard output of a command; "" where it fails.
std::string output_of(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  return pclose(pipe) == 0 ? text : "";
}

// The end of a log: where tools say why they failed.
std::string last_lines(const std::string& text, std::size_t lines) {
  std::size_t at = text.size();
  for (std::size_t n = 0; n < lines + 1 && at != std::string::npos && at > 0; ++n) at = text.rfind('\n', at - 1);
  return at == std::string::npos ? text : text.substr(at + (at > 0 ? 1 : 0));
}

fs::path cache_dir() {
  if (const char* dir = std::getenv("GEMEL_CACHE_DIR")) return dir;
  if (const char* dir = std::getenv("XDG_CACHE_HOME")) return fs::path(dir) / "gemel";
  if (const char* home = std::getenv("HOME")) return fs::path(home) / ".cache" / "gemel";
  throw arch::InputError("the RTL needs a directory to be built in; set GEMEL_CACHE_DIR");
}

struct Recipe {
  std::string package;
  std::string flags;     // of verilator
  std::string compiler;  // of the C++ compiler
  std::string hash;
};

Recipe recipe_of(const arch::AcceleratorConfig& config, const TwinOptions& options) {
  const std::string version = output_of("verilator --version");
  if (version.empty()) throw arch::InputError("the RTL needs verilator 5, which is not installed (Debian: verilator)");
  Recipe recipe;
  // The name of the configuration stands in a comment of the package and changes nothing.
  arch::AcceleratorConfig unnamed = config;
  unnamed.name = "twin";
  recipe.package = arch::systemverilog_package(unnamed);
  recipe.flags = "-O3 --x-assign fast --x-initial fast --assert --output-split 20000 --output-split-cfuncs 500";
  recipe.compiler = options.quick ? "-Os" : "-O2";
  if (options.waves) recipe.flags += " --trace-fst";
  ContentHash hash;
  for (const std::string& text : {version, recipe.package, recipe.flags, recipe.compiler}) hash.add(text);
  for (const char* file : kDesignFiles) hash.add(arch::load_file((source_dir() / "rtl" / file).string()));
  for (const char* file : {kMonitor, kWaivers, kGlue, kInterface}) {
    hash.add(arch::load_file((source_dir() / file).string()));
  }
  recipe.hash = hash.text();
  return recipe;
}

std::string build_command(const Recipe& recipe, const fs::path& dir) {
  const fs::path root = source_dir();
  const unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string command = "cd " + quoted(dir.string()) + " && ";
  if (!output_of("command -v ccache").empty()) command += "OBJCACHE=ccache ";
  command += "verilator --cc --exe --build -j " + std::to_string(jobs) + " " + recipe.flags +
             " --top-module accelerator --prefix Vaccelerator -Mdir . -o " + kObject + " -CFLAGS " +
             quoted("-fPIC -std=c++17 -I" + root.string()) + " -LDFLAGS -shared -MAKEFLAGS " +
             quoted("OPT_FAST=" + recipe.compiler + " OPT_SLOW=-O0 OPT_GLOBAL=-O2") + " " +
             quoted((root / kWaivers).string()) + " accelerator_pkg.sv";
  for (const char* file : kDesignFiles) command += " " + quoted((root / "rtl" / file).string());
  command += " " + quoted((root / kMonitor).string()) + " " + quoted((root / kGlue).string());
  return "(" + command + ") >" + quoted((dir / "build.log").string()) + " 2>&1";
}

// Held while a twin is built, by one process at a time for each.
class BuildLock {
 public:
  explicit BuildLock(const fs::path& path) : file_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (file_ < 0) throw arch::InputError(path.string() + ": cannot be written; set GEMEL_CACHE_DIR");
    flock(file_, LOCK_EX);
  }
  ~BuildLock() { close(file_); }
  BuildLock(const BuildLock&) = delete;
  BuildLock& operator=(const BuildLock&) = delete;

 private:
  int file_;
};

void build(const Recipe& recipe, const fs::path& target, const std::string& name, const TwinOptions& options) {
  const fs::path dir = target.string() + ".build";
  fs::remove_all(dir);
  fs::create_directories(dir);
  arch::save_file((dir / "accelerator_pkg.sv").string(), recipe.package);
  const std::string command = build_command(recipe, dir);
  const auto start = std::chrono::steady_clock::now();
  std::future<int> running = std::async(std::launch::async, [&] { return std::system(command.c_str()); });
  while (running.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count();
    if (options.progress) options.progress("building the RTL of " + name + " (" + std::to_string(seconds) + " s)");
  }
  if (running.get() != 0) {
    const fs::path log = dir / "build.log";
    throw std::runtime_error("the RTL of " + name + " could not be built; " + log.string() + " ends with\n" +
                             last_lines(arch::load_file(log.string()), 12));
  }
  // Only the object is kept; the entry appears whole or not at all.
  const fs::path whole = target.string() + ".whole";
  fs::remove_all(whole);
  fs::create_directories(whole);
  fs::rename(dir / kObject, whole / kObject);
  fs::rename(dir / "accelerator_pkg.sv", whole / "accelerator_pkg.sv");
  fs::rename(whole, target);
  fs::remove_all(dir);
}

}  // namespace

std::string build_twin(const arch::AcceleratorConfig& config, const TwinOptions& options) {
  const Recipe recipe = recipe_of(config, options);
  const fs::path cache = cache_dir();
  const fs::path target = cache / ("twin-" + recipe.hash);
  const fs::path object = target / kObject;
  try {
    if (fs::exists(object)) return object.string();
    fs::create_directories(cache);
    const BuildLock lock(cache / ("twin-" + recipe.hash + ".lock"));
    if (!fs::exists(object)) build(recipe, target, config.name, options);
  } catch (const fs::filesystem_error& error) {
    throw arch::InputError(cache.string() + ": cannot be written (" + error.code().message() +
                           "); set GEMEL_CACHE_DIR to a directory that can");
  }
  return object.string();
}

}  // namespace gemel::sim
