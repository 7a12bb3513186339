// SPDX-License-Identifier: Apache-2.0
#include "source_place.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "report.h"

namespace emulator {
namespace {

/** The lines that a command writes. */
std::vector<std::string> linesOf(const std::string& command) {
  std::vector<std::string> lines;
  std::FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) {
    return lines;
  }
  char* line = nullptr;
  std::size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, pipe)) > 0) {
    lines.emplace_back(line, static_cast<std::size_t>(length - 1));
  }
  std::free(line);
  pclose(pipe);
  return lines;
}

/** "folder/file:line (discriminator 1)" as "file:line"; empty if it is not known. */
std::string fileAndLine(const std::string& text) {
  std::string place = text.substr(0, text.find(' '));
  place = place.substr(place.rfind('/') + 1);
  const std::string line = place.substr(place.find(':') + 1);
  return place.empty() || place[0] == '?' || line == "?" || line == "0" ? "" : place;
}

/** Of the emulator's own headers, in which a kernel's atomic accesses are. */
bool isEmulators(const std::string& line) {
  return line.find("emulator/device/") != std::string::npos;
}

}  // namespace

std::string sourcePlace(const std::string& module, std::uint32_t offset) {
  std::string places;
  unsigned count = 0;
  for (const std::string& line :
       linesOf(format("addr2line -i -e %s 0x%x 2>/dev/null", module.c_str(), offset - 1))) {
    std::string place = isEmulators(line) ? "" : fileAndLine(line);
    if (!place.empty()) {
      places += (count == 0 ? "" : count == 1 ? " (" : ", ") + place;
      count++;
    }
  }
  return count == 0 ? format("offset 0x%x of its module", offset) : places + (count > 1 ? ")" : "");
}

}  // namespace emulator
