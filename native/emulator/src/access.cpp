// SPDX-License-Identifier: Apache-2.0
#include "access.h"

#include <algorithm>

#include "driver_api.h"
#include "moment.h"
#include "report.h"
#include "source_place.h"

namespace emulator {
namespace {

std::string blockText(const Stamp& stamp, const Accessor& who) {
  const dim3 d = who.gridDim;
  const std::uint32_t b = stamp.block();
  return format("block (%u,%u,%u)", b % d.x, b / d.x % d.y, b / (d.x * d.y));
}

std::string threadText(const Stamp& stamp, const Accessor& who) {
  const dim3 d = who.blockDim;
  const std::uint32_t t = stamp.thread();
  return format("thread (%u,%u,%u)", t % d.x, t / d.x % d.y, t / (d.x * d.y));
}

std::string placeText(const Stamp& stamp, const Accessor& who) {
  return who.module.empty() ? "" : " at " + sourcePlace(who.module, stamp.place());
}

std::string authorText(const Stamp& stamp, const Accessor& who) {
  return who.module.empty()
             ? who.name
             : "kernel " + who.name + ", " + blockText(stamp, who) + ", " + threadText(stamp, who);
}

/** The other side of a race, as far as it is another. */
std::string earlierText(const Finding& finding, const Accessor& mine) {
  const Stamp& other = finding.earlier.stamp;
  const std::string did = finding.earlier.write ? " has written" : " has read";
  if (other.grid() != finding.mine.grid()) {
    Accessor who = accessor(other.grid());
    const bool isAwaited =
        std::binary_search(mine.awaited.begin(), mine.awaited.end(), other.grid());
    return authorText(other, who) + did + placeText(other, who) +
           (isAwaited ? "; the thread has not called wait_for_previous_grid()"
                      : "; no stream, event or graph edge puts one before the other");
  }
  const std::string place = did + placeText(other, mine);
  if (!other.sameBlock(finding.mine)) {
    return blockText(other, mine) + ", " + threadText(other, mine) + place +
           "; nothing puts one block before the other";
  }
  return threadText(other, mine) + place +
         "; no barrier, __syncwarp or fence puts one before the other";
}

}  // namespace

int errorOf(const Finding& finding) {
  return finding.wrong == Wrong::beyond ? CUDA_ERROR_ILLEGAL_ADDRESS : CUDA_ERROR_LAUNCH_FAILED;
}

std::string author(const Finding& finding) {
  return authorText(finding.mine, accessor(finding.mine.grid()));
}

std::string explain(const Finding& finding, const std::string& where) {
  const Accessor mine = accessor(finding.mine.grid());
  const std::string does =
      format("%s of %zu bytes", finding.access.write ? "write" : "read", finding.access.bytes) +
      placeText(finding.mine, mine);
  const std::string memory = format(", %p, ", finding.access.address) + where;
  switch (finding.wrong) {
    case Wrong::beyond:
      return does + memory;
    case Wrong::unwritten:
      return does + memory + ": nothing has written there";
    case Wrong::race:
      return "race: " + does + memory + ", which " + earlierText(finding, mine);
    case Wrong::nothing:
      break;
  }
  return "";
}

}  // namespace emulator
