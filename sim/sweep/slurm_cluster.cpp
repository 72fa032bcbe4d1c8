// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/slurm_cluster.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "sim/arch/input_error.h"

namespace gemel::sim {
namespace {

constexpr std::size_t kUsualArray = 1000;  // Slurm's default MaxArraySize is 1001

struct CommandResult {
  int status = 0;  // 127: there is no such command
  std::string out, err;
};

// A file without a name, so that no pipe can fill up.
class OutputFile {
 public:
  OutputFile() : file_(std::tmpfile()) {
    if (!file_) throw std::runtime_error(std::string("no temporary file: ") + std::strerror(errno));
  }
  ~OutputFile() { std::fclose(file_); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int descriptor() const { return fileno(file_); }
  std::string text() const {
    std::rewind(file_);
    std::string text;
    char part[4096];
    while (const std::size_t size = std::fread(part, 1, sizeof part, file_)) text.append(part, size);
    return text;
  }

 private:
  std::FILE* file_;
};

CommandResult run_command(std::vector<std::string> words) {
  const OutputFile out, err;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error(std::string("no process can be started: ") + std::strerror(errno));
  if (child == 0) {
    setpgid(0, 0);  // Ctrl-C is for the parent to handle
    const int in = open("/dev/null", O_RDONLY);
    if (in >= 0 && dup2(in, 0) == 0 && dup2(out.descriptor(), 1) == 1 && dup2(err.descriptor(), 2) == 2) {
      execvp(argv[0], argv.data());
    }
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error(std::string("waitpid: ") + std::strerror(errno));
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out.text(), err.text()};
}

std::size_t read_largest_array() {
  const CommandResult result = run_command({"scontrol", "show", "config"});
  const std::string name = "MaxArraySize";
  const std::size_t at = result.out.find(name);
  const std::size_t equals = at == std::string::npos ? at : result.out.find('=', at);
  if (result.status != 0 || equals == std::string::npos) return kUsualArray;
  std::istringstream number(result.out.substr(equals + 1));
  std::size_t size = 0;
  number >> size;
  return size > 1 ? size - 1 : kUsualArray;
}

}  // namespace

SlurmCluster::SlurmCluster(const SlurmOptions& options) : options_(options) {
  if (run_command({"sbatch", "--version"}).status != 0) {
    throw arch::InputError("--engine slurm: there is no command sbatch here; use --engine local");
  }
  largest_array_ = read_largest_array();
}

std::string SlurmCluster::submit(const SlurmArray& array) const {
  std::vector<std::string> words{"sbatch",
                                 "--parsable",
                                 "--job-name=" + array.name,
                                 "--output=" + array.log,
                                 "--cpus-per-task=1",
                                 "--open-mode=append"};
  std::string tasks = "0-" + std::to_string(array.tasks - 1);
  if (options_.tasks_at_once > 0) tasks += "%" + std::to_string(options_.tasks_at_once);
  words.push_back("--array=" + tasks);
  if (!options_.partition.empty()) words.push_back("--partition=" + options_.partition);
  if (!options_.account.empty()) words.push_back("--account=" + options_.account);
  if (options_.time_minutes > 0) words.push_back("--time=" + std::to_string(options_.time_minutes));
  if (options_.memory_mib > 0) words.push_back("--mem=" + std::to_string(options_.memory_mib) + "M");
  words.push_back(array.script);
  const CommandResult result = run_command(words);
  if (result.status != 0) throw arch::InputError("Slurm refuses the job: " + result.err);
  return result.out.substr(0, result.out.find_first_of(";\n"));  // "job;cluster" where there are several clusters
}

std::optional<std::set<std::size_t>> SlurmCluster::active_tasks(const std::string& job) const {
  const CommandResult result = run_command({"squeue", "--noheader", "--array", "--jobs=" + job, "--format=%K"});
  std::set<std::size_t> tasks;
  if (result.status != 0) {  // a job that Slurm has forgotten is over; any other refusal may pass
    if (result.err.find("Invalid job id") == std::string::npos) return std::nullopt;
    return tasks;
  }
  std::istringstream lines(result.out);
  for (std::size_t task = 0; lines >> task;) tasks.insert(task);
  return tasks;
}

std::optional<std::string> SlurmCluster::find_job(const std::string& name) const {
  const CommandResult result = run_command({"squeue", "--noheader", "--name=" + name, "--format=%F"});
  if (result.status != 0) return std::nullopt;
  std::istringstream words(result.out);
  std::string job;
  words >> job;
  return job;
}

}  // namespace gemel::sim
