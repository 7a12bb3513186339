// SPDX-License-Identifier: Apache-2.0
//
//   cpu-check [ROUNDS [SEED]]
//
// Checks the library that it is linked with: ROUNDS random networks of a seed, and with ten or more of them also
// sizes that take longer. It ends at the first fault.
#include "../model.h"
#include "checks.h"

int main(int count, char** arguments) {
  int rounds = count > 1 ? atoi(arguments[1]) : 20;
  uint64_t seed = count > 2 ? strtoull(arguments[2], nullptr, 10) : 1;
  if (rounds < 1) {
    fprintf(stderr, "cpu-check [ROUNDS [SEED]]\n");
    return 2;
  }
  check::check_functions();
  check::check_extremes();
  check::check_times();
  check::check_changing_density();
  if (rounds >= 10) {
    check::check_far_sizes();
  }
  for (int round = 0; round < rounds; round++) {
    check::Random random(seed * 1000003 + uint64_t(round));
    check::check_steps(random);
    check::check_inference(random);
    if (round % 4 == 0) {
      check::check_bits(random);
    }
  }
  printf("%s: %d rounds of seed %llu are right\n", cvae_isa(), rounds,
         static_cast<unsigned long long>(seed));
  return 0;
}
