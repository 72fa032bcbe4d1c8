// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/expression.h"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

#include "sim/arch/accelerator_settings.h"
#include "tests/support/refusal.h"

namespace gemel::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

arch::YamlValue text_value(const std::string& text) {
  return arch::YamlValue::from_text(text, arch::SourcePosition{"s.yaml", 3, 5}, "constraints[0]");
}

double number(const std::string& text, const arch::AcceleratorConfig& config = {}) {
  return Expression::parse(text_value(text), Expression::Result::Number).evaluate(config);
}

bool holds(const std::string& text, const arch::AcceleratorConfig& config = {}) {
  return Expression::parse(text_value(text), Expression::Result::Condition).evaluate(config) != 0;
}

std::string refusal(const std::string& text) {
  return test_support::error_of([&] { Expression::parse(text_value(text), Expression::Result::Condition); });
}

TEST(Expression, BindsAsInArithmetic) {
  EXPECT_EQ(number("2 + 3 * 4"), 14);
  EXPECT_EQ(number("(2 + 3) * 4"), 20);
  EXPECT_EQ(number("20 - 5 - 3"), 12);
  EXPECT_EQ(number("64 / 4 / 2"), 8);
  EXPECT_EQ(number("1 / 4"), 0.25);
  EXPECT_EQ(number("17 % 5"), 2);
  EXPECT_EQ(number("-3 + 5"), 2);
  EXPECT_EQ(number("2 - -3"), 5);
  EXPECT_EQ(number("max(3, min(10, 4)) + floor(2.9) + ceil(2.1) + log2(256)"), 4 + 2 + 3 + 8);
}

TEST(Expression, ConditionsJoinFromNotToAndToOr) {
  EXPECT_TRUE(holds("1 == 1 or 1 == 2 and 1 == 3"));
  EXPECT_FALSE(holds("(1 == 1 or 1 == 2) and 1 == 3"));
  EXPECT_TRUE(holds("not 1 == 2 and 2 != 3"));
  EXPECT_FALSE(holds("not (1 < 2)"));
  EXPECT_TRUE(holds("2 <= 2 and 2 >= 2 and not 2 < 2 and not 2 > 2"));
}

TEST(Expression, ReadsEveryKeyOfAConfiguration) {
  arch::AcceleratorConfig config;
  for (const arch::Setting& setting : arch::accelerator_settings()) {
    if (!setting.is_number) continue;
    EXPECT_EQ(number(setting.path, config), setting.get(config)) << setting.path;
  }
  const Expression expression =
      Expression::parse(text_value("scratchpad.capacity_kib / mesh.dim + mesh.dim"), Expression::Result::Number);
  EXPECT_EQ(expression.evaluate(config), 256.0 / 16 + 16);
  EXPECT_THAT(expression.keys(), ElementsAre("scratchpad.capacity_kib", "mesh.dim"));
}

TEST(Expression, WordsAreComparedByAnySpelling) {
  arch::AcceleratorConfig config;
  config.mesh.dataflow = arch::Dataflow::WeightStationary;
  EXPECT_TRUE(holds("mesh.dataflow == weight_stationary", config));
  EXPECT_TRUE(holds("ws == mesh.dataflow", config));
  EXPECT_TRUE(holds("mesh.dataflow != both", config));
  EXPECT_FALSE(holds("mesh.dataflow == os", config));
  EXPECT_TRUE(holds("full_width_accumulator_read == true", config));
  EXPECT_TRUE(holds("accumulator_scale.units == per_lane", config));
}

TEST(Expression, HasNoValueWhereItDividesByZero) {
  EXPECT_THROW(number("mesh.dim / host.issue_gap_cycles"), std::domain_error);
  EXPECT_THROW(number("mesh.dim % host.issue_gap_cycles"), std::domain_error);
  EXPECT_THROW(number("log2(host.issue_gap_cycles)"), std::domain_error);
  // What decides the condition may stand before it.
  EXPECT_TRUE(holds("host.issue_gap_cycles == 0 or mesh.dim / host.issue_gap_cycles > 2"));
  EXPECT_FALSE(holds("host.issue_gap_cycles != 0 and mesh.dim / host.issue_gap_cycles > 2"));
}

TEST(Expression, FaultsNameTheirColumn) {
  EXPECT_EQ(refusal("mesh.dim <= 16 ?"), "s.yaml:3:20: constraints[0]: expected an operator or the end, got '?'");
  EXPECT_EQ(refusal("mesh.dim <= 4x"), "s.yaml:3:17: constraints[0]: expected a number, got '4x'");
  EXPECT_EQ(refusal("mesh.dim and 1 == 1"),
            "s.yaml:3:5: constraints[0]: 'and', 'or' and 'not' join conditions; this is a number");
  EXPECT_THAT(refusal("(1 == 1) + 2 > 1"), HasSubstr("expected a number; this is a condition"));
  EXPECT_THAT(refusal("mesh.dataflow == 2"), HasSubstr("mesh.dataflow is a word"));
  EXPECT_THAT(refusal("mesh.dim == both"), HasSubstr("unknown key 'both'"));
  EXPECT_THAT(refusal("mesh.dataflow == isa.version"), HasSubstr("is a word"));
  EXPECT_THAT(refusal("min(1, 2, 3) < 4"), HasSubstr("expected ')', got ','"));
  EXPECT_THAT(refusal("dim > 4"), HasSubstr("unknown key 'dim'"));
  EXPECT_THAT(refusal(std::string(5000, '(')), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal("not " + std::string(5000, '-') + "1"), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace gemel::sim
