// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/program_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/arch/program_text.h"
#include "sim/arch/rocc_stream.h"
#include "tests/support/random_commands.h"
#include "tests/support/random_program.h"
#include "tests/support/refusal.h"
#include "tests/support/truth.h"

namespace gemel::arch {
namespace {

namespace fs = std::filesystem;

class ProgramFile : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) / ("gemel-program-file-" + std::to_string(getpid()));
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string path(const char* name) const { return (directory_ / name).string(); }

  fs::path directory_;
};

TEST_F(ProgramFile, BinaryAndTextGiveBackTheSameProgram) {
  const std::uint64_t seed = test_support::test_seed(4);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    const Program program = test_support::random_program_parts(random);
    ASSERT_TRUE(parse_program(serialise_program(program), "p") == program) << "program " << i;
    const std::string text = disassemble(program);
    ASSERT_TRUE(assemble(text, "p") == program) << "program " << i << "\n" << text;
    ASSERT_EQ(disassemble(assemble(text, "p")), text);
  }
}

TEST_F(ProgramFile, RecordedStreamSurvivesEveryForm) {
  for (const char* name : {"gemm_os_I32_J32_K32", "conv_N1_H6_W6_C16_K16_R3_s1_p1_relu_bias_2025"}) {
    const std::string rocc = test_support::truth_stream_path(name);
    const Program program = make_program(load_rocc(rocc));
    save_program(program, path("p.gemel"));
    save_file(path("p.txt"), disassemble(program));
    EXPECT_TRUE(load_any_program(rocc) == program);
    EXPECT_TRUE(load_any_program(path("p.gemel")) == program);
    EXPECT_TRUE(load_any_program(path("p.txt")) == program);
  }
}

TEST_F(ProgramFile, EveryDamagedByteIsNoticed) {
  std::mt19937_64 random(5);
  const Program program = test_support::random_program_parts(random);
  const std::string good = serialise_program(program);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x41);
    EXPECT_THROW(parse_program(bad, "p"), InputError) << "byte " << i;
  }
  for (std::size_t length = 0; length < good.size(); length += 7) {
    EXPECT_THROW(parse_program(good.substr(0, length), "p"), InputError) << "cut to " << length;
  }
}

TEST_F(ProgramFile, BodyThatLiesAboutItsListsIsRefusedEvenWithARightChecksum) {
  std::mt19937_64 random(6);
  const Program program = test_support::random_program_parts(random);
  const std::string good = serialise_program(program);
  int refused = 0;
  for (std::size_t i = 24; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0xC0);
    const std::uint32_t crc = crc32_of(reinterpret_cast<const std::uint8_t*>(bad.data()) + 24, bad.size() - 24);
    std::memcpy(bad.data() + 12, &crc, 4);
    try {
      parse_program(bad, "p");  // another program, or refused; never a crash
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);
}

TEST_F(ProgramFile, ErrorsSayWhatIsWrong) {
  const std::string good = serialise_program(Program{});
  EXPECT_EQ(test_support::error_of([&] { parse_program("hello", "x.gemel"); }),
            "x.gemel: not a program file; expected one written by the compiler or `gemel asm`");
  EXPECT_EQ(test_support::error_of([&] { parse_program(good.substr(0, good.size() - 1), "x.gemel"); }),
            "x.gemel: program file of " + std::to_string(good.size() - 1) + " bytes; expected " +
                std::to_string(good.size()) + " (cut off or appended to)");
  std::string newer = good;
  newer[8] = 9;
  EXPECT_EQ(test_support::error_of([&] { parse_program(newer, "x.gemel"); }),
            "x.gemel: program format 9; this build reads format 1");
  std::string damaged = good;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ(test_support::error_of([&] { parse_program(damaged, "x.gemel"); }),
            "x.gemel: damaged program file; write it again with the compiler or `gemel asm`");
  EXPECT_EQ(test_support::error_of([&] { load_program(path("absent.gemel")); }),
            path("absent.gemel") + ": cannot be read: No such file or directory");
  EXPECT_EQ(test_support::error_of([&] { load_program(directory_.string()); }),
            directory_.string() + ": is a directory; expected a file");
}

TEST_F(ProgramFile, FileAppearsWholeOrNotAtAll) {
  EXPECT_THROW(save_program(Program{}, path("no/such/place.gemel")), InputError);
  save_program(Program{}, path("p.gemel"));
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    EXPECT_EQ(entry.path().filename(), "p.gemel");
    ++files;
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(ProgramFile, ProgramOfALargeNetworkIsWrittenAndReadInWellUnderASecond) {
  Program program;
  program.size = 64u << 20;
  program.memory.push_back({program.base, std::vector<std::uint8_t>(25u << 20, 0x5A)});
  for (std::uint32_t i = 0; i < 2500000; ++i) {
    program.commands.push_back({static_cast<std::uint8_t>(2 + i % 5), 0x80000000u + i, 0x10001000000000u + i});
    program.steps.push_back({StepKind::Command, i});
  }
  const auto start = std::chrono::steady_clock::now();
  save_program(program, path("large.gemel"));
  const auto written = std::chrono::steady_clock::now();
  const Program again = load_program(path("large.gemel"));
  const auto read = std::chrono::steady_clock::now();
  EXPECT_TRUE(again == program);
  const auto seconds = [](auto from, auto to) { return std::chrono::duration<double>(to - from).count(); };
  RecordProperty("write_seconds", std::to_string(seconds(start, written)));
  RecordProperty("read_seconds", std::to_string(seconds(written, read)));
  std::printf("write %.3f s, read %.3f s\n", seconds(start, written), seconds(written, read));
  EXPECT_LT(seconds(start, written), 3.0);  // generous: other work may share the machine
  EXPECT_LT(seconds(written, read), 3.0);
}

}  // namespace
}  // namespace gemel::arch
