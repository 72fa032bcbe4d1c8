// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/isa.h"

#include <gmock/gmock.h>

#include <set>

#include "sim/arch/command_text.h"
#include "tests/support/random_commands.h"

namespace gemel::arch {
namespace {

constexpr IsaVersion kVersions[] = {IsaVersion::GemminiV07, IsaVersion::Gemmini2025};

TEST(IsaTable, FieldsOfAnInstructionDoNotOverlapAndFitTheirOperand) {
  for (const InstructionInfo& info : instruction_table()) {
    Command used{0, info.subtype == kNoSubtype ? 0u : 3u, 0};
    std::set<std::string> names;
    for (const FieldInfo& f : info.fields) {
      ASSERT_LE(f.place.lsb + f.place.width, 64u) << info.name << '.' << f.name;
      ASSERT_GT(f.place.width, 0u) << info.name << '.' << f.name;
      EXPECT_EQ(f.place.get(used.rs1, used.rs2), 0u) << info.name << '.' << f.name << " overlaps";
      f.place.set(used, ~std::uint64_t{0});
      EXPECT_TRUE(names.insert(f.name).second) << info.name << '.' << f.name << " appears twice";
    }
  }
}

TEST(IsaTable, EveryCommandOfAVersionIsOneInstructionWithOneMnemonic) {
  for (const IsaVersion version : kVersions) {
    std::set<std::string> mnemonics;
    std::set<std::pair<int, int>> codes;
    for (const InstructionInfo& info : instruction_table()) {
      if (!info.exists_in(version)) continue;
      EXPECT_TRUE(mnemonics.insert(info.mnemonic).second) << info.mnemonic;
      EXPECT_TRUE(codes.insert({static_cast<int>(info.funct), info.subtype}).second) << info.name;
    }
  }
}

TEST(IsaTable, FunctionCodesAreGemminis) {
  const auto mnemonic = [](unsigned funct, std::uint64_t rs1, IsaVersion version) -> std::string {
    const InstructionInfo* info = find_instruction(Command{static_cast<std::uint8_t>(funct), rs1, 0}, version);
    return info ? info->mnemonic : "";
  };
  const char* v07[] = {"config_ex",
                       "mvin2",
                       "mvin",
                       "mvout",
                       "compute_preloaded",
                       "compute_accumulated",
                       "preload",
                       "flush",
                       "loop_ws",
                       "loop_ws_bounds",
                       "loop_ws_addresses_ab",
                       "loop_ws_addresses_dc",
                       "loop_ws_strides_ab",
                       "loop_ws_strides_dc",
                       "mvin3",
                       "loop_conv_ws",
                       "loop_conv_ws_config1",
                       "loop_conv_ws_config2",
                       "loop_conv_ws_config3",
                       "loop_conv_ws_config4",
                       "loop_conv_ws_config5",
                       "loop_conv_ws_config6",
                       "clock_gate",
                       "",
                       "",
                       ""};
  for (unsigned funct = 0; funct < 26; ++funct) EXPECT_EQ(mnemonic(funct, 0, IsaVersion::GemminiV07), v07[funct]);
  EXPECT_EQ(mnemonic(0, 1, IsaVersion::GemminiV07), "config_ld");
  EXPECT_EQ(mnemonic(0, 2, IsaVersion::GemminiV07), "config_st");
  EXPECT_EQ(mnemonic(0, 3, IsaVersion::GemminiV07), "config_norm");
  EXPECT_EQ(mnemonic(126, 0, IsaVersion::GemminiV07), "counter");
  EXPECT_EQ(mnemonic(127, 0, IsaVersion::GemminiV07), "");
  EXPECT_EQ(mnemonic(23, 0, IsaVersion::Gemmini2025), "mvout_spad");
  EXPECT_EQ(mnemonic(24, 0, IsaVersion::Gemmini2025), "loop_ws_spad_ab");
  EXPECT_EQ(mnemonic(25, 0, IsaVersion::Gemmini2025), "loop_ws_spad_c");
}

// Commands that Gemmini's own software sends, taken from recorded streams.
TEST(IsaDecode, ReadsRecordedCommands) {
  const ConfigExecute ex = decode_config_execute(0x3f80000000010004, 0x1000000000000);
  EXPECT_EQ(ex.dataflow, Dataflow::WeightStationary);
  EXPECT_EQ(ex.a_stride, 1);
  EXPECT_EQ(ex.c_stride, 1);
  EXPECT_EQ(ex.shift, 0);
  EXPECT_FALSE(ex.set_only_strides || ex.a_transpose || ex.b_transpose);

  const ConfigLoad ld = decode_config_load(0x3f8000000010010d, 0x10);
  EXPECT_EQ(ld.state, 1);
  EXPECT_TRUE(ld.shrink);
  EXPECT_EQ(ld.pixel_repeats, 1);
  EXPECT_EQ(ld.block_stride, 16);
  EXPECT_EQ(ld.scale, 1.0f);
  EXPECT_EQ(ld.dram_stride, 16u);

  const ConfigStore st = decode_config_store(0x6, 0x3f80000000000010);
  EXPECT_EQ(st.activation, 1);
  EXPECT_EQ(st.dram_stride, 16u);
  EXPECT_EQ(st.scale(), 1.0f);
  EXPECT_FALSE(st.keeps_scale());

  const Mvin mvin = decode_mvin({2, 0x80001400, 0x10004000000040});
  EXPECT_EQ(mvin.state, 0);
  EXPECT_EQ(mvin.dram_address, 0x80001400u);
  EXPECT_EQ(mvin.local.address, LocalAddress::scratchpad(0x40));
  EXPECT_EQ(mvin.local.cols, 64);
  EXPECT_EQ(mvin.local.rows, 16);
  EXPECT_EQ(decode_mvin({1, 0, 0}).state, 1);
  EXPECT_EQ(decode_mvin({14, 0, 0}).state, 2);

  const Preload preload = decode_preload(0x100010ffffffff, 0x100010c0000003);
  EXPECT_EQ(preload.bd.address, LocalAddress::garbage());
  EXPECT_EQ(preload.c.address, LocalAddress::accumulator(3).with_accumulate());
  EXPECT_TRUE(decode_compute({4, 0, 0}).preloaded);
  EXPECT_FALSE(decode_compute({5, 0, 0}).preloaded);
}

TEST(IsaDecode, ZeroPixelRepeatsMeansOneAndShiftKeepsFiveBits) {
  EXPECT_EQ(decode_config_load(1, 0).pixel_repeats, 1);
  EXPECT_EQ(decode_config_load(1 | 7u << 8, 0).pixel_repeats, 7);
  EXPECT_EQ(decode_config_execute(0, 33).shift, 1);
}

TEST(IsaEncode, DecodingGivesBackWhatWasEncoded) {
  const std::uint64_t seed = test_support::test_seed(1);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    // Fields cover the used bits, so encode(decode(x)) equals x without the bits that mean nothing.
    const Command ex{0, random() & 0x00000000FFFF0384u, random() & 0xFFFF00000000001Fu};
    EXPECT_EQ(encode_config_execute(decode_config_execute(ex.rs1, ex.rs2)), ex);
    const Command ld{0, (random() & 0x7F7FFFFFFFFFFF1Cu) | 0x100 | 1, random()};
    EXPECT_EQ(encode_config_load(decode_config_load(ld.rs1, ld.rs2)), ld);
    const Command st{0, (random() & 0xFFFFFFFFFF000FFCu) | 2, random()};
    EXPECT_EQ(encode_config_store(decode_config_store(st.rs1, st.rs2)), st);
    const Command mvout{3, random(), random()};
    EXPECT_EQ(encode_mvout(decode_mvout(mvout.rs1, mvout.rs2)), mvout);
    const Command preload{6, random(), random()};
    EXPECT_EQ(encode_preload(decode_preload(preload.rs1, preload.rs2)), preload);
    for (const std::uint8_t funct : {4, 5}) {
      const Command compute{funct, random(), random()};
      EXPECT_EQ(encode_compute(decode_compute(compute)), compute);
    }
    for (const std::uint8_t funct : {1, 2, 14}) {
      const Command mvin{funct, random(), random()};
      EXPECT_EQ(encode_mvin(decode_mvin(mvin)), mvin);
    }
    const Command counter{126, random() & 0x8003F07Fu, 0};
    EXPECT_EQ(encode_counter(decode_counter(counter.rs1)), counter);
  }
  EXPECT_EQ(encode_flush({true}), (Command{7, 1, 0}));
}

TEST(LocalAddress, GarbageIsAPatternOfFlagsAndRowBits) {
  const DerivedConfig d = derive(AcceleratorConfig{});
  ASSERT_EQ(d.local_row_bits, 14u);
  EXPECT_TRUE(LocalAddress(0xFFFFFFFF).is_garbage(d));
  EXPECT_TRUE(LocalAddress(0xE0007FFF).is_garbage(d));  // normalisation and filler bits do not matter
  EXPECT_FALSE(LocalAddress(0xE0003FFF).is_garbage(d));
  EXPECT_FALSE(LocalAddress(0xE0007FFE).is_garbage(d));
  EXPECT_FALSE(LocalAddress(0xC0007FFF).is_garbage(d));
}

TEST(LocalAddress, OffsetsWrapInsideTheRowField) {
  const DerivedConfig d = derive(AcceleratorConfig{});
  EXPECT_EQ(LocalAddress(0xC0003FFF).plus(2, d).bits(), 0xC0000001u);
  EXPECT_EQ(LocalAddress::accumulator(1023).plus(1, d).row(d), 0u);
  EXPECT_EQ(LocalAddress::accumulator(512).bank(d), 1u);
  EXPECT_EQ(LocalAddress::scratchpad(4095).bank(d), 0u);
  EXPECT_EQ(LocalAddress::scratchpad(4096).bank(d), 1u);
}

TEST(CommandText, ReadsBackToTheSameBitsForAnyCommand) {
  const std::uint64_t seed = test_support::test_seed(2);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200000; ++i) {
    const Command command = test_support::random_command(random);
    for (const IsaVersion version : kVersions) {
      const std::string text = describe(command, version);
      ASSERT_EQ(parse_command(text, version), command) << text;
    }
  }
}

TEST(CommandText, NamesFieldsAndLeavesOutZeros) {
  const IsaVersion v = IsaVersion::GemminiV07;
  EXPECT_EQ(describe({2, 0x80001400, 0x10004000000040}, v),
            "mvin dram_address=0x80001400 local=spad:64 cols=64 rows=16");
  EXPECT_EQ(describe({6, 0x100010ffffffff, 0x100010c0000003}, v),
            "preload bd=garbage bd_cols=16 bd_rows=16 c=acc:3:accumulate c_cols=16 c_rows=16");
  EXPECT_EQ(describe({0, 0x6, 0x3fd7e45e00000010}, v), "config_st activation=1 dram_stride=16 acc_scale=1.68665671");
  EXPECT_EQ(describe({0, 0x2, 0xffffffff00000000}, v), "config_st acc_scale=bits:0xffffffff");
  EXPECT_EQ(describe({3, 0x80000000, 0x00100010a0000005}, v),
            "mvout dram_address=0x80000000 local=acc:5:full cols=16 rows=16");
  EXPECT_EQ(describe({5, 0, 0}, v), "compute_accumulated a=spad:0 bd=spad:0");
  EXPECT_EQ(describe({3, 0, 0x20000005}, v), "mvout local=0x20000005");
  EXPECT_EQ(describe({7, 0x11, 0}, v), "flush skip=1 rs1_extra=0x10");
  EXPECT_EQ(describe({23, 1, 2}, v), "raw 23 0x1 0x2");
  EXPECT_EQ(describe({23, 1, 2}, IsaVersion::Gemmini2025), "mvout_spad destination=spad:1 local=spad:2");
}

TEST(CommandText, LoopConvolutionFieldsDependOnTheVersion) {
  const Command config4{19, 0x0006000000000001, 0x0010001000100006};
  EXPECT_EQ(describe(config4, IsaVersion::Gemmini2025),
            "loop_conv_ws_config4 kernel_dilation=1 out_rows=6 out_cols=6 out_stride=16 weight_stride=16 in_stride=16");
  EXPECT_EQ(describe({19, 0x0006000000000000, 0x10006}, IsaVersion::GemminiV07),
            "loop_conv_ws_config4 out_rows=6 out_cols=6 kernel_dilation=1");
}

TEST(CommandText, ErrorsNameTheColumn) {
  const auto error = [](const char* text) {
    try {
      parse_command(text, IsaVersion::GemminiV07);
    } catch (const CommandTextError& e) {
      return std::to_string(e.column()) + ": " + e.what();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(error("mvinn rows=1"), "1: unknown instruction 'mvinn'");
  EXPECT_EQ(error("mvin row=1"), "6: unknown field 'row' of mvin; known: dram_address, local, cols, rows");
  EXPECT_EQ(error("mvin rows=65536"), "11: '65536' does not fit 'rows'; the most is 65535");
  EXPECT_EQ(error("mvin rows=1 rows=2"), "13: field 'rows' appears twice");
  EXPECT_EQ(error("mvin rows"), "6: 'rows' has no value; expected FIELD=VALUE");
  EXPECT_EQ(error("mvin local=spad:x"),
            "12: 'spad:x' is no value of 'local'; expected spad:ROW, acc:ROW[:accumulate][:full], garbage or 32 bits");
  EXPECT_EQ(error("flush rs1_extra=1"), "17: '1' is not a number of bits outside all fields");
  EXPECT_EQ(error("raw 128 0 0"), "5: function code 128 does not exist; the most is 127");
}

}  // namespace
}  // namespace gemel::arch
