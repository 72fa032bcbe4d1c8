// SPDX-License-Identifier: Apache-2.0
#pragma once
// exp, log and erf that give the same bits on every machine: additions, multiplications and divisions only.
#include <cmath>

namespace gemel::arch {

// e^x for x <= 0 (softmax), x in double. x = n ln2 + r with |r| <= ln2 / 2; Taylor polynomial of degree 13 in r (error
// below one unit in the last place of a double); below -745 the result is 0.
inline double exp_of_nonpositive(double x) {
  if (!(x > -745.0)) return 0.0;
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2High = 6.93147180369123816490e-01;  // 33 bits: n * high is exact
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  const double n = (x * kLog2E + kRound) - kRound;
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1.0;
  for (int k = 13; k >= 1; --k) sum = 1.0 + sum * r / k;
  return std::ldexp(sum, static_cast<int>(n));
}

// ln x for x >= 1 (sum of softmax). x = 2^k m with m in [sqrt(1/2), sqrt(2)); ln m = 2 (t + t^3/3 + t^5/5 + ...) with
// t = (m - 1) / (m + 1), |t| < 0.172: 13 terms reach the last place of a double.
inline double log_from_one(double x) {
  constexpr double kLn2 = 0.693147180559945309417, kSqrtHalf = 0.70710678118654752440;
  int k = 0;
  double m = std::frexp(x, &k);  // in [1/2, 1)
  if (m < kSqrtHalf) {
    m *= 2;
    --k;
  }
  const double t = (m - 1) / (m + 1), square = t * t;
  double sum = 0;
  for (int n = 25; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
  return k * kLn2 + 2 * t * sum;
}

// erf(x) = 2 / sqrt(pi) * e^(-x^2) * sum over n of 2^n x^(2n+1) / (1 * 3 * ... * (2n+1)); all terms have one sign.
// Beyond |x| = 6 the result is +-1 to the last place.
inline double error_function(double x) {
  if (x != x) return x;
  if (x >= 6.0) return 1.0;
  if (x <= -6.0) return -1.0;
  constexpr double kTwoOverSqrtPi = 1.1283791670955126;
  double term = x;
  double sum = x;
  for (int n = 1; n < 200; ++n) {
    term = term * (2.0 * x * x) / (2 * n + 1);
    const double next = sum + term;
    if (next == sum) break;
    sum = next;
  }
  return kTwoOverSqrtPi * exp_of_nonpositive(-(x * x)) * sum;
}

}  // namespace gemel::arch
