// SPDX-License-Identifier: Apache-2.0
//
// Compiled for the instruction set that is checked, unlike the other checks.
#include "../likelihood.h"
#include "../noise.h"
#include "checks.h"

namespace check {

namespace {

using cvae::kLanes;
using cvae::Lanes;

/** Units in the last place that a float is away from a number. */
double ulps(float actual, double expected) {
  int exponent;
  ::frexp(expected, &exponent);
  return ::fabs(double(actual) - expected) / ::ldexp(1, exponent - 24);
}

/** Sixteen at a time, each lane another number. */
template <typename Function>
void expect_ulps(const char* name, double from, double to, double most, Function function,
                 double (*exact)(double)) {
  subject() = name;
  const int kSteps = 20000;
  for (int step = 0; step < kSteps; step++) {
    float x[kLanes];
    float y[kLanes];
    for (int i = 0; i < kLanes; i++) {
      x[i] = float(from + (to - from) * (step + i / double(kLanes)) / kSteps);
    }
    cvae::store(y, function(cvae::load(x)));
    for (int i = 0; i < kLanes; i++) {
      if (!(ulps(y[i], exact(double(x[i]))) <= most)) {
        fail("of %.9g it is %.9g where it should be %.9g", double(x[i]), double(y[i]),
             exact(double(x[i])));
      }
    }
  }
}

/** Every so many floats, from the smallest that is not subnormal; and that it is odd. */
void check_tanh() {
  subject() = "tanh";
  const int32_t first = 0x00800000;
  const int32_t infinity = 0x7f800000;
  const int32_t stride = 499;
  for (int32_t bits = first; bits < infinity - kLanes * stride; bits += kLanes * stride) {
    float x[kLanes];
    float y[kLanes];
    float of_minus[kLanes];
    for (int32_t i = 0; i < kLanes; i++) {
      int32_t its = bits + i * stride;
      memcpy(&x[i], &its, sizeof(float));
    }
    cvae::store(y, cvae::tanh(cvae::load(x)));
    cvae::store(of_minus, cvae::tanh(-cvae::load(x)));
    for (int i = 0; i < kLanes; i++) {
      double exact = ::tanh(double(x[i]));
      if (!(ulps(y[i], exact) <= 3) || y[i] > 1) {
        fail("of %.9g it is %.9g where it should be %.9g", double(x[i]), double(y[i]), exact);
      }
      if (of_minus[i] != -y[i]) {
        fail("of %.9g it is %.9g, and of %.9g %.9g", double(x[i]), double(y[i]), -double(x[i]),
             double(of_minus[i]));
      }
    }
  }
}

float one(Lanes x) {
  float all[kLanes];
  cvae::store(all, x);
  return all[0];
}

void check_exp_beyond() {
  subject() = "exp beyond its range";
  const struct {
    float x;
    float y;
  } ends[] = {{88.5f, INFINITY}, {1e30f, INFINITY}, {INFINITY, INFINITY},
              {-88.f, 0},        {-1e30f, 0},       {-INFINITY, 0}};
  for (const auto& end : ends) {
    float y = one(cvae::exp(cvae::lanes(end.x)));
    if (y != end.y) {
      fail("of %g it is %g", double(end.x), double(y));
    }
  }
  if (!isnan(one(cvae::exp(cvae::lanes(NAN))))) {
    fail("of NaN it is a number");
  }
}

void check_tanh_beyond() {
  subject() = "tanh beyond where it is 1, and at 0";
  const float smallest = 0x1p-149f;
  const struct {
    float x;
    float y;
  } ends[] = {{9.1f, 1},   {10, 1},      {10.5f, 1},      {1e30f, 1}, {INFINITY, 1},
              {-9.1f, -1}, {-1e30f, -1}, {-INFINITY, -1}, {0, 0},     {smallest, smallest}};
  for (const auto& end : ends) {
    float y = one(cvae::tanh(cvae::lanes(end.x)));
    if (y != end.y) {
      fail("of %g it is %g", double(end.x), double(y));
    }
  }
  if (!isnan(one(cvae::tanh(cvae::lanes(NAN))))) {
    fail("of NaN it is a number");
  }
}

void check_logarithm() {
  subject() = "minus the logarithm of a fraction";
  for (uint32_t first = 1; first + kLanes <= (1u << 24); first += first < 4096 ? kLanes : 977) {
    uint32_t k[kLanes];
    float y[kLanes];
    for (uint32_t i = 0; i < kLanes; i++) {
      k[i] = first + i;
    }
    cvae::store(y, cvae::minus_log_of_fraction(k));
    for (uint32_t i = 0; i < kLanes; i++) {
      double exact = -::log(double(k[i]) * 0x1p-24);
      if (!(ulps(y[i], exact) <= 2)) {
        fail("of %u it is %.9g where it should be %.9g", k[i], double(y[i]), exact);
      }
    }
  }
  uint32_t whole[kLanes];
  for (uint32_t& k : whole) {
    k = 1u << 24;
  }
  if (one(cvae::minus_log_of_fraction(whole)) != 0) {
    fail("of 1 it is not 0");
  }
}

void check_turns() {
  subject() = "cosine and sine";
  for (uint32_t first = 0; first + kLanes <= (1u << 24); first += 499) {
    uint32_t k[kLanes];
    float cosine[kLanes];
    float sine[kLanes];
    for (uint32_t i = 0; i < kLanes; i++) {
      k[i] = first + i;
    }
    cvae::CosineAndSine y = cvae::of_turns(k);
    cvae::store(cosine, y.cosine);
    cvae::store(sine, y.sine);
    for (uint32_t i = 0; i < kLanes; i++) {
      double angle = 2 * M_PI * double(k[i]) * 0x1p-24;
      if (!(::fabs(double(cosine[i]) - ::cos(angle)) <= 0x1p-22) ||
          !(::fabs(double(sine[i]) - ::sin(angle)) <= 0x1p-22)) {
        fail("of %u they are %.9g and %.9g", k[i], double(cosine[i]), double(sine[i]));
      }
    }
  }
}

double log_normaliser(double l) {
  double size = ::fabs(l);
  double q = l * l;
  return l / 2 + (size < 0.05 ? q * (1. / 24 - q * (1. / 2880 - q / 181440))
                              : size / 2 + ::log(-::expm1(-size) / size));
}

double mean(double l) {
  if (::fabs(l) < 0.05) {
    double q = l * l;
    return 0.5 + l * (1. / 12 - q * (1. / 720 - q * (1. / 30240 - q / 1209600)));
  }
  return -1 / ::expm1(-l) - 1 / l;
}

/** Both sides of 0 and of where the series end, near to them and far. */
void check_continuous_bernoulli() {
  const struct {
    double from;
    double to;
  } ranges[] = {{-0x1p-20, 0x1p-20}, {-2, 2}, {-50, 50}, {-1e6, 1e6}};
  cvae::ContinuousBernoulli likelihood;
  for (const auto& range : ranges) {
    expect_ulps(
        "continuous Bernoulli's log normaliser", range.from, range.to, 5,
        [&](Lanes l) { return likelihood.loss(l, cvae::lanes(0)); }, log_normaliser);
    expect_ulps(
        "continuous Bernoulli's mean", range.from, range.to, 4,
        [&](Lanes l) { return likelihood.mean(l); }, mean);
  }
  if (!isnan(one(likelihood.loss(cvae::lanes(NAN), cvae::lanes(0.5f))))) {
    fail("the loss of NaN is a number");
  }
}

}  // namespace

void check_functions() {
  expect_ulps("exp", -87.3, 88.3, 2, [](Lanes x) { return cvae::exp(x); }, ::exp);
  expect_ulps(
      "exp of what is not positive", -42.5, 0, 2,
      [](Lanes x) { return cvae::exp_of_non_positive(x); }, ::exp);
  expect_ulps("log1p", 0, 1, 2, [](Lanes x) { return cvae::log1p(x); }, ::log1p);
  check_tanh();
  expect_ulps("log", 0x1p-126, 4, 2, [](Lanes x) { return cvae::log(x); }, ::log);
  expect_ulps("log of large numbers", 4, 3.4e38, 2, [](Lanes x) { return cvae::log(x); }, ::log);
  check_continuous_bernoulli();
  check_exp_beyond();
  check_tanh_beyond();
  check_logarithm();
  check_turns();
}

}  // namespace check
