// SPDX-License-Identifier: Apache-2.0
#pragma once
// What quantisation needs to know of a model beyond the model itself: a YAML file to read and edit.
#include <map>
#include <string>
#include <vector>

namespace gemel::compiler {

struct ProfileValue {
  float least = 0, most = 0;  // met in calibration; for the reader of the file
  float limit = 0;            // the magnitude that int8's 127 stands for
};

struct QuantizationProfile {
  std::string model;
  bool weights_per_channel = false;
  std::map<std::string, ProfileValue> values;
};

std::string profile_text(const QuantizationProfile& profile);
// Throws arch::InputError.
QuantizationProfile load_profile(const std::string& path);
QuantizationProfile parse_profile(const std::string& text, const std::string& file);

}  // namespace gemel::compiler
