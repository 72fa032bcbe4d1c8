// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/refusal.h"

namespace gemel::arch {
namespace {

using test_support::error_of;
using ::testing::ElementsAre;

YamlValue value_of(const std::string& text) { return *parse_yaml("key: " + text, "f").peek("key"); }

TEST(YamlReader, GivesTheValuesOfAFileWithTheirPathsAndPlaces) {
  const YamlValue file = parse_yaml(
      "name: net\n"
      "layers:\n"
      "  - {op: conv, stride: [2, 1]}\n"
      "  - op: relu\n"
      "    slope: -0.25\n",
      "net.yaml");
  const YamlMap map = file.as_map({"name", "layers"});
  EXPECT_EQ(map.at("name").as_text(), "net");
  const std::vector<YamlValue> layers = map.at("layers").as_list();
  ASSERT_EQ(layers.size(), 2u);
  const YamlMap conv = layers[0].as_map({"op", "stride"});
  EXPECT_THAT(conv.at("stride").as_whole_number_list(1, 4), ElementsAre(2, 1));
  EXPECT_EQ(conv.at("stride").as_list()[1].path(), "layers[0].stride[1]");
  EXPECT_EQ(to_string(conv.at("stride").as_list()[1].position()), "net.yaml:3:28");
  EXPECT_EQ(layers[1].peek("op")->as_text(), "relu");
  EXPECT_FALSE(layers[1].peek("stride").has_value());
  EXPECT_EQ(layers[1].as_map({"op", "slope"}).at("slope").as_number(), -0.25);
}

TEST(YamlReader, ValuesOutliveTheDocumentTheyCameFrom) {
  YamlValue item = value_of("[1, 2]").as_list()[1];
  EXPECT_EQ(item.as_whole_number(0, 9), 2);
}

TEST(YamlReader, ErrorsInListsNameTheElement) {
  const YamlValue file = parse_yaml("layers:\n  - op: conv\n    strid: 2\n", "net.yaml");
  const YamlValue layer = file.peek("layers")->as_list()[0];
  EXPECT_EQ(error_of([&] {
              layer.as_map({"op", "stride"});
            }),
            "net.yaml:3:5: unknown key 'layers[0].strid'; did you mean 'stride'?");
  EXPECT_EQ(error_of([&] {
              layer.as_map({"op", "strid", "filters"}).at("filters");
            }),
            "net.yaml:2:5: missing key 'layers[0].filters'");
  EXPECT_EQ(error_of([&] { layer.fail("two inputs are needed"); }), "net.yaml:2:5: layers[0]: two inputs are needed");
}

TEST(YamlReader, WholeNumbersKeepTheirRange) {
  EXPECT_EQ(value_of("-3").as_whole_number(-3, 3), -3);
  EXPECT_EQ(value_of("9223372036854775807").as_whole_number(0, std::numeric_limits<std::int64_t>::max()),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(error_of([] { value_of("4").as_whole_number(-3, 3); }),
            "f:1:6: key: '4' is out of range; expected -3 to 3");
  EXPECT_EQ(error_of([] { value_of("0").as_whole_number(1, std::numeric_limits<std::int64_t>::max()); }),
            "f:1:6: key: '0' is out of range; expected at least 1");
  for (const std::string text : {"1e3", "1_000", "+1", "--1", "0b1", "1 2", ".5"}) {
    EXPECT_EQ(error_of([&] { value_of(text).as_whole_number(0, 9); }),
              "f:1:6: key: expected a whole number, got '" + text + "'");
  }
}

TEST(YamlReader, NumbersAreFiniteAndWhole) {
  EXPECT_EQ(value_of("1e-3").as_number(), 1e-3);
  EXPECT_EQ(value_of("5").as_number(0, 5), 5.0);
  for (const std::string text : {"nan", "inf", ".inf", "1.0x", "0x1p3", "one"}) {
    EXPECT_EQ(error_of([&] { value_of(text).as_number(); }), "f:1:6: key: expected a number, got '" + text + "'");
  }
  EXPECT_EQ(error_of([] { value_of("1e999").as_number(); }), "f:1:6: key: '1e999' is out of range");
  EXPECT_EQ(error_of([] { value_of("1.5").as_number(0, 1); }), "f:1:6: key: '1.5' is out of range; expected 0 to 1");
}

TEST(YamlReader, ChoicesAreGivenBackAsValues) {
  const YamlChoices<int> choices = {{"same", 1}, {"valid", 2}};
  EXPECT_EQ(value_of("valid").as_choice(choices), 2);
  EXPECT_EQ(error_of([&] { value_of("Same").as_choice(choices); }),
            "f:1:6: key: expected one of same, valid, got 'Same'");
  EXPECT_EQ(error_of([&] { value_of("'same'").as_choice(choices); }),
            "f:1:6: key: expected one of same, valid, got the quoted text 'same'");
}

TEST(YamlReader, QuotesCloseWhereTheyShould) {
  EXPECT_EQ(value_of("'it''s'").as_text(), "it's");
  EXPECT_EQ(value_of("\"a \\\" b\"").as_text(), "a \" b");
  EXPECT_EQ(error_of([] { parse_yaml("a: 1\nb: \"x\\\"\n", "f"); }),
            "f:2:4: the quote that opens here is never closed");
  EXPECT_EQ(error_of([] { parse_yaml("a: 1\n'b: 2\n", "f"); }), "f:2:1: the quote that opens here is never closed");
  EXPECT_EQ(parse_yaml("\xEF\xBB\xBF\"a\": 'x'\r\n", "f").peek("a")->as_text(), "x");
}

TEST(YamlReader, BinaryFilesAreRefusedAndOtherAlphabetsAreNot) {
  EXPECT_EQ(parse_yaml("\xC3\xA9: \"\xE2\x82\xAC\" # \xF0\x9F\x98\x80\n", "f").peek("\xC3\xA9")->as_text(),
            "\xE2\x82\xAC");
  const std::string not_utf8 = "a byte that is not UTF-8; expected a text file";
  EXPECT_EQ(error_of([] { parse_yaml("\xFE\xFF", "f"); }), "f:1:1: " + not_utf8);
  EXPECT_EQ(error_of([] { parse_yaml("a: 1\nb: \xE9t\xE9\n", "f"); }), "f:2:4: " + not_utf8);
  EXPECT_EQ(error_of([] { parse_yaml("a: \xE2\x82", "f"); }), "f:1:4: " + not_utf8);
  EXPECT_EQ(error_of([] { parse_yaml(std::string("a: \0", 4), "f"); }),
            "f:1:4: a control character; expected a text file");
}

TEST(YamlReader, ShownTextStaysOnOneLineAndShort) {
  EXPECT_EQ(in_quotes("a\nb\x01"), "'a\\nb\\x01'");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "'" + std::string(60, 'x') + "...'");
  EXPECT_EQ(in_quotes(std::string(59, 'x') + "\xC3\xA9z"), "'" + std::string(59, 'x') + "\xC3\xA9...'");
}

TEST(YamlReader, SuggestsTheNearestNameOrNone) {
  const std::vector<std::string> names = {"banks", "ports", "capacity_kib", "read_delay_cycles"};
  EXPECT_EQ(nearest_name("bank", names), "banks");
  EXPECT_EQ(nearest_name("prots", names), "ports");
  EXPECT_EQ(nearest_name("capacity", names), "capacity_kib");
  EXPECT_EQ(nearest_name("latency", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("stride", {"stride_x", "stride_y"}), "stride_x");
  EXPECT_EQ(suggestion("latency", {"a", "b"}), "; known: a, b");
}

// Whatever the bytes, the answer is a tree or one line.
TEST(YamlReader, DamagedFilesNeverEndInAnythingButOneLine) {
  const unsigned seed = 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string good =
      "schema: accelerator/v1\nname: \"x\"\nmesh: {dim: 16, list: [1, 2]}\nq:\n  - a: 'b'\n  - |\n    c\n";
  const std::string bytes = "{}[]:,-#&*!|>'\"%@` \n\t\rab01\\?<~\x04\x80";
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = good;
    for (unsigned change = 0; change < 1 + random() % 4; ++change) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          text.insert(at, 1, bytes[random() % bytes.size()]);
          break;
        default:
          text.erase(at, 1 + random() % 3);
          break;
      }
      if (text.empty()) text = " ";
    }
    try {
      parse_yaml(text, "f");
    } catch (const InputError& error) {
      ++refused;
      const std::string line = error.what();
      ASSERT_EQ(line.find('\n'), std::string::npos) << text;
      ASSERT_EQ(line.compare(0, 2, "f:"), 0) << line << "\n" << text;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 19000);
}

}  // namespace
}  // namespace gemel::arch
