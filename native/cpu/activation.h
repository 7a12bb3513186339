// SPDX-License-Identifier: Apache-2.0
//
// What a hidden layer makes of its sums: a struct each, of the same members, by the names of the enum Activation of
// package model, where the formulas are.
#pragma once

#include "functions.h"

namespace cvae {

struct Relu {
  static CVAE_INLINE Lanes value(Lanes sum) { return relu(sum); }

  /** The gradient by the sum, from the one by the value. */
  static CVAE_INLINE Lanes gradient(Lanes by_value, Lanes value) {
    return select(value > lanes(0), by_value, lanes(0));
  }
};

struct Tanh {
  static CVAE_INLINE Lanes value(Lanes sum) { return tanh(sum); }

  static CVAE_INLINE Lanes gradient(Lanes by_value, Lanes value) {
    return by_value * fma(-value, value, lanes(1));
  }
};

/** Names of the activations, which are known by their places here. */
constexpr const char* kActivations[] = {"relu", "tanh"};

/** An activation's place; -1 if there is none of that name. */
inline int activation_of(const char* name) {
  for (int i = 0; i < int(sizeof kActivations / sizeof kActivations[0]); i++) {
    if (strcmp(kActivations[i], name) == 0) {
      return i;
    }
  }
  return -1;
}

/** Calls call(A()) with an activation. */
template <typename Call>
inline void with_activation(int activation, Call call) {
  switch (activation) {
    case 0:
      call(Relu());
      break;
    case 1:
      call(Tanh());
      break;
    default:
      __builtin_trap();
  }
}

}  // namespace cvae
