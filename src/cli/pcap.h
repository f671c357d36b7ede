// Packet captures in the classic pcap format (magic a1b2c3d4 or a1b23c4d, either byte order), as tcpdump -w writes it.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace skep::cli {

struct CapturedPacket {
  u32 seconds = 0, fraction = 0;  // of a second, in the capture's unit
  std::vector<u8> bytes;
};

struct Capture {
  bool nanoseconds = false;
  u32 link_type = 1;  // LINKTYPE_ETHERNET
  std::vector<CapturedPacket> packets;
};

// errno of open(2), or EINVAL and what is wrong with the file.
Result<Capture> read_pcap(const std::string& path);
Status write_pcap(const std::string& path, const Capture& capture);

}  // namespace skep::cli
