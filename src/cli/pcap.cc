// See pcap.h.
#include "cli/pcap.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace skep::cli {
namespace {

constexpr u32 kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d;
constexpr size_t kFileHeader = 24, kPacketHeader = 16;  // bytes
constexpr u32 kMaxPacket = 1 << 18;                     // tcpdump's own limit

class Reader {
 public:
  explicit Reader(const std::vector<u8>& bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size() - at_; }
  void set_swapped() { swapped_ = true; }
  u32 word() {
    u32 value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
    return swapped_ ? __builtin_bswap32(value) : value;
  }
  std::vector<u8> take(size_t size) {
    const auto begin = bytes_.begin() + std::ptrdiff_t(at_);
    at_ += size;
    return {begin, begin + std::ptrdiff_t(size)};
  }

 private:
  const std::vector<u8>& bytes_;
  size_t at_ = 0;
  bool swapped_ = false;
};

Status read_header(Reader& in, Capture& capture) {
  if (in.left() < kFileHeader) return error_status(EINVAL, "too short for a pcap file");
  const u32 magic = in.word();
  const bool swapped = magic == __builtin_bswap32(kMicroseconds) || magic == __builtin_bswap32(kNanoseconds);
  const u32 native = swapped ? __builtin_bswap32(magic) : magic;
  if (native != kMicroseconds && native != kNanoseconds)
    return error_status(EINVAL, "no pcap file (pcapng: convert it with tcpdump -r IN -w OUT)");
  if (swapped) in.set_swapped();
  capture.nanoseconds = native == kNanoseconds;
  for (int i = 0; i < 4; ++i) in.word();  // version, time zone, accuracy, longest packet
  capture.link_type = in.word();
  return {};
}

void put(std::ofstream& out, u32 value) { out.write(reinterpret_cast<const char*>(&value), sizeof(value)); }

}  // namespace

Result<Capture> read_pcap(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return error_status(errno ? errno : EIO, std::strerror(errno));
  const std::vector<u8> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Reader in(bytes);
  Capture capture;
  if (const Status header = read_header(in, capture); !header.ok()) return header;
  while (in.left() >= kPacketHeader) {
    CapturedPacket packet{.seconds = in.word(), .fraction = in.word(), .bytes = {}};
    const u32 size = in.word();
    in.word();  // length on the wire
    if (size > kMaxPacket || size > in.left())
      return error_status(EINVAL, "packet " + std::to_string(capture.packets.size() + 1) + " is cut off");
    packet.bytes = in.take(size);
    capture.packets.push_back(std::move(packet));
  }
  if (in.left()) return error_status(EINVAL, "the last packet is cut off");
  return capture;
}

Status write_pcap(const std::string& path, const Capture& capture) {
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  const u32 version = 2 | 4 << 16;
  for (u32 word : {capture.nanoseconds ? kNanoseconds : kMicroseconds, version, 0u, 0u, kMaxPacket, capture.link_type})
    put(out, word);
  for (const CapturedPacket& packet : capture.packets) {
    const u32 size = u32(packet.bytes.size());
    for (u32 word : {packet.seconds, packet.fraction, size, size}) put(out, word);
    out.write(reinterpret_cast<const char*>(packet.bytes.data()), std::streamsize(size));
  }
  if (out.flush()) return {};
  return error_status(errno ? errno : EIO, std::strerror(errno));
}

}  // namespace skep::cli
