// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/profile.h"

#include <cstdio>

#include "sim/arch/yaml_reader.h"

namespace gemel::compiler {
namespace {

std::string number_text(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

QuantizationProfile read_profile(const arch::YamlValue& file) {
  const arch::YamlMap map = file.as_map({"model", "weights", "values"});
  QuantizationProfile profile;
  profile.model = map.at("model").as_text();
  profile.weights_per_channel =
      map.at("weights").as_choice(arch::YamlChoices<bool>{{"per_tensor", false}, {"per_channel", true}});
  for (const arch::YamlValue& entry : map.at("values").as_list()) {
    const arch::YamlMap value = entry.as_map({"name", "least", "most", "limit"});
    ProfileValue read;
    read.least = static_cast<float>(value.at("least").as_number(-1e30, 1e30));
    read.most = static_cast<float>(value.at("most").as_number(-1e30, 1e30));
    read.limit = static_cast<float>(value.at("limit").as_number(1e-30, 1e30));
    const std::string name = value.at("name").as_text();
    if (!profile.values.emplace(name, read).second) entry.fail("value " + arch::in_quotes(name) + " is given twice");
  }
  return profile;
}

}  // namespace

std::string profile_text(const QuantizationProfile& profile) {
  std::string text =
      "# Quantisation profile. Edit limits: the magnitude of each value that int8's 127 stands for; larger\n"
      "# magnitudes saturate. Values that are only moved, joined or added may get a larger one, so that their scales\n"
      "# fit each other. least and most are what calibration met.\n"
      "model: " +
      quoted(profile.model) + "\nweights: " + (profile.weights_per_channel ? "per_channel" : "per_tensor") +
      "  # per_tensor or per_channel\nvalues:\n";
  for (const auto& [name, value] : profile.values) {
    text += "  - {name: " + quoted(name) + ", least: " + number_text(value.least) +
            ", most: " + number_text(value.most) + ", limit: " + number_text(value.limit) + "}\n";
  }
  return text;
}

QuantizationProfile load_profile(const std::string& path) { return read_profile(arch::load_yaml(path)); }

QuantizationProfile parse_profile(const std::string& text, const std::string& file) {
  return read_profile(arch::parse_yaml(text, file));
}

}  // namespace gemel::compiler
