// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/run_rtl.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <type_traits>

namespace gemel::sim {
namespace {

// What the child tells while it runs.
struct Shared {
  std::atomic<Cycle> now{0};
  std::atomic<std::size_t> layer{0};
};

enum class Outcome : std::uint32_t { Done, Deadlock, BadAccess, Assertion, Failure };

// An unnamed file in memory: the child writes, the parent reads; gone when both have closed it.
class ResultFile {
 public:
  ResultFile() : file_(memfd_create("gemel-rtl", MFD_CLOEXEC)) {
    if (file_ < 0) throw std::runtime_error(std::string("no file for the results: ") + std::strerror(errno));
  }
  ~ResultFile() { close(file_); }
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  int descriptor() const { return file_; }
  void rewind() { lseek(file_, 0, SEEK_SET); }
  void write(const void* data, std::size_t bytes) {
    const char* from = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t n = ::write(file_, from, bytes);
      if (n < 0) throw std::runtime_error(std::string("the results could not be written: ") + std::strerror(errno));
      from += n;
      bytes -= static_cast<std::size_t>(n);
    }
  }
  void read(void* data, std::size_t bytes) {
    char* to = static_cast<char*>(data);
    while (bytes > 0) {
      const ssize_t n = ::read(file_, to, bytes);
      if (n <= 0) throw RtlFailure("the RTL's process ended before its results were whole");
      to += n;
      bytes -= static_cast<std::size_t>(n);
    }
  }
  template <typename T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    write(&value, sizeof value);
  }
  template <typename T>
  T get() {
    T value;
    read(&value, sizeof value);
    return value;
  }
  template <typename T>
  void put_list(const std::vector<T>& list) {
    put<std::uint64_t>(list.size());
    write(list.data(), list.size() * sizeof(T));
  }
  template <typename T>
  std::vector<T> get_list() {
    std::vector<T> list(get<std::uint64_t>());
    read(list.data(), list.size() * sizeof(T));
    return list;
  }
  void put_text(const std::string& text) { put_list(std::vector<char>(text.begin(), text.end())); }
  std::string get_text() {
    const std::vector<char> text = get_list<char>();
    return std::string(text.begin(), text.end());
  }
  std::string rest() {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(file_, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

 private:
  int file_;
};

void put_accounting(ResultFile& file, const std::vector<UnitAccounting>& accounting) {
  file.put<std::uint64_t>(accounting.size());
  for (const UnitAccounting& unit : accounting) {
    file.put_text(unit.unit);
    file.put<std::uint64_t>(unit.causes.size());
    for (const auto& [cause, cycles] : unit.causes) {
      file.put_text(cause);
      file.put(cycles);
    }
  }
}

std::vector<UnitAccounting> get_accounting(ResultFile& file) {
  std::vector<UnitAccounting> accounting(file.get<std::uint64_t>());
  for (UnitAccounting& unit : accounting) {
    unit.unit = file.get_text();
    unit.causes.resize(file.get<std::uint64_t>());
    for (auto& [cause, cycles] : unit.causes) {
      cause = file.get_text();
      cycles = file.get<Cycle>();
    }
  }
  return accounting;
}

void put_statistics(ResultFile& file, const RunStatistics& s) {
  for (const std::uint64_t n :
       {s.cycles, s.macs, s.commands, s.dram_read_bytes, s.dram_write_bytes, s.read_requests, s.write_requests}) {
    file.put(n);
  }
  file.put(s.host_seconds);
  put_accounting(file, s.accounting);
  file.put_list(s.counter_reads);
  file.put<std::uint64_t>(s.layers.size());
  for (const LayerStatistics& layer : s.layers) {
    for (const std::uint64_t n : {layer.cycles, layer.dram_read_bytes, layer.dram_write_bytes}) file.put(n);
    for (const std::string* text : {&layer.layer.name, &layer.layer.op, &layer.layer.output}) file.put_text(*text);
    file.put(layer.layer.placement);
    file.put(layer.layer.macs);
    file.put(layer.layer.min_dram_bytes);
    put_accounting(file, layer.accounting);
  }
}

RunStatistics get_statistics(ResultFile& file) {
  RunStatistics s;
  for (std::uint64_t* n : {&s.cycles, &s.macs, &s.commands, &s.dram_read_bytes, &s.dram_write_bytes, &s.read_requests,
                           &s.write_requests}) {
    *n = file.get<std::uint64_t>();
  }
  s.host_seconds = file.get<double>();
  s.accounting = get_accounting(file);
  s.counter_reads = file.get_list<std::uint64_t>();
  s.layers.resize(file.get<std::uint64_t>());
  for (LayerStatistics& layer : s.layers) {
    for (std::uint64_t* n : {&layer.cycles, &layer.dram_read_bytes, &layer.dram_write_bytes}) {
      *n = file.get<std::uint64_t>();
    }
    for (std::string* text : {&layer.layer.name, &layer.layer.op, &layer.layer.output}) *text = file.get_text();
    layer.layer.placement = file.get<arch::Placement>();
    layer.layer.macs = file.get<std::uint64_t>();
    layer.layer.min_dram_bytes = file.get<std::uint64_t>();
    layer.accounting = get_accounting(file);
  }
  return s;
}

const GemelTwin& load_twin(const std::string& path) {
  void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) throw std::runtime_error(dlerror());
  const auto entry = reinterpret_cast<const GemelTwin* (*)()>(dlsym(object, "gemel_twin"));
  if (entry == nullptr || entry()->version != kGemelTwinVersion) {
    throw std::runtime_error(path + " is not a twin of this version; remove it");
  }
  return *entry();
}

void put_events(ResultFile& file, EventLog* events) {
  file.put_list(events == nullptr ? std::vector<Event>{} : events->sorted());
}

void get_events(ResultFile& file, EventLog* events) {
  const std::vector<Event> list = file.get_list<Event>();
  if (events == nullptr) return;
  events->clear();
  for (const Event& event : list) events->record(event.cycle, event.kind, event.a, event.b);
}

void run_here(RtlSystem& system, const RtlRunOptions& options, Shared& shared, ResultFile& results) {
  const auto start = std::chrono::steady_clock::now();
  system.run([&](Cycle now, std::size_t layer) {
    shared.now = now;
    shared.layer = layer;
  });
  RunStatistics statistics = system.statistics();
  statistics.host_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  results.put(Outcome::Done);
  put_statistics(results, statistics);
  results.put_list(system.memory().bytes());
  for (const std::vector<std::uint8_t>& captured : system.captured()) results.put_list(captured);
  put_events(results, options.events);
}

// A violated assertion ends in abort(), called from inside the cycle: what happened before it can still be told.
std::function<void()> on_abort;

[[noreturn]] void child(const std::string& path, const arch::Program& program, const arch::AcceleratorConfig& config,
                        const RtlRunOptions& options, Shared& shared, ResultFile& results, ResultFile& said) {
  dup2(said.descriptor(), STDOUT_FILENO);
  dup2(said.descriptor(), STDERR_FILENO);
  Cycle reached = 0;
  const auto failed = [&](Outcome outcome, const std::string& what) {
    results.rewind();
    results.put(outcome);
    results.put_text(what);
    results.put(reached);
    put_events(results, options.events);
  };
  try {
    RtlSystem system(load_twin(path), program, config, options.events, options.waves, options.captures);
    on_abort = [&] {
      reached = system.now();
      std::fflush(stdout);
      failed(Outcome::Assertion, "");
      _exit(0);
    };
    std::signal(SIGABRT, [](int) { on_abort(); });
    try {
      run_here(system, options, shared, results);
    } catch (...) {
      reached = system.now();
      throw;
    }
  } catch (const DeadlockError& error) {
    failed(Outcome::Deadlock, error.what());
  } catch (const std::invalid_argument& error) {
    failed(Outcome::BadAccess, error.what());
  } catch (const std::exception& error) {
    failed(Outcome::Failure, error.what());
  }
  // Neither destructors nor exit handlers: they belong to the parent.
  _exit(0);
}

int wait_for(pid_t pid, const RtlRunOptions& options, const Shared& shared) {
  int status = 0;
  while (options.progress && waitpid(pid, &status, WNOHANG) == 0) {
    options.progress(shared.now, shared.layer);
    usleep(50'000);
  }
  if (!options.progress) {
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  return status;
}

}  // namespace

RunResult run_program_on_rtl(const std::string& twin, const arch::Program& program,
                             const arch::AcceleratorConfig& config, const RtlRunOptions& options) {
  void* place = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) throw std::bad_alloc();
  Shared& shared = *new (place) Shared;
  ResultFile results, said;
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error(std::string("no process for the RTL: ") + std::strerror(errno));
  if (pid == 0) child(twin, program, config, options, shared, results, said);
  const int status = wait_for(pid, options, shared);
  munmap(place, sizeof(Shared));

  said.rewind();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw RtlFailure("the RTL stopped: " + said.rest());
  results.rewind();
  const auto outcome = results.get<Outcome>();
  if (outcome != Outcome::Done) {
    const std::string what = results.get_text();
    const auto reached = results.get<Cycle>();
    get_events(results, options.events);
    if (outcome == Outcome::Deadlock) throw DeadlockError(what);
    if (outcome == Outcome::BadAccess) throw std::invalid_argument(what);
    throw RtlFailure("the RTL stopped: " + (outcome == Outcome::Assertion ? said.rest() : what), reached);
  }
  RunResult result;
  result.statistics = get_statistics(results);
  result.memory = results.get_list<std::uint8_t>();
  for (std::size_t i = 0; i < options.captures.size(); ++i) {
    result.captures.push_back(results.get_list<std::uint8_t>());
  }
  get_events(results, options.events);
  return result;
}

}  // namespace gemel::sim
