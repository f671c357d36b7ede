// Writing and reading files of programs.
#include "sys/prog_image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skep::sys {
namespace {

inline constexpr u32 kMaxInsns = 1'000'000, kMaxMaps = 1 << 20;
inline constexpr u32 kMaxRecSize = 252;  // bytes: what PROG_LOAD copies
inline constexpr u64 kPage = 4096;

template <typename T>
void append(std::vector<u8>& out, std::span<const T> items) {
  const auto* at = reinterpret_cast<const u8*>(items.data());
  out.insert(out.end(), at, at + items.size_bytes());
}

// Takes things off the front of `bytes`.
struct Reader {
  std::span<const u8> bytes;

  template <typename T>
  bool take(std::vector<T>& out, u64 count) {
    if (count > bytes.size() / sizeof(T)) return false;
    out.resize(count);
    if (count > 0) std::memcpy(static_cast<void*>(out.data()), bytes.data(), count * sizeof(T));
    bytes = bytes.subspan(count * sizeof(T));
    return true;
  }
};

bool take_blob(Reader& in, const ProgHeader& header, int which, verifier::InfoBlob& blob) {
  blob.rec_size = header.rec_size[which];
  blob.cnt = header.rec_cnt[which];
  if (blob.rec_size > kMaxRecSize) return false;
  return in.take(blob.bytes, u64(blob.rec_size) * blob.cnt);
}

}  // namespace

std::vector<u8> ProgImage::bytes() const {
  std::vector<u8> out;
  ProgHeader h = header;
  h.insn_cnt = u32(insns.size());
  h.map_cnt = u32(map_ids.size());
  h.fd_cnt = u32(fd_array.size());
  const verifier::InfoBlob* const blobs[] = {&func_info, &line_info, &core_relo};
  for (int i = 0; i < 3; ++i) {
    h.rec_size[i] = blobs[i]->bytes.empty() ? 0 : blobs[i]->rec_size;
    h.rec_cnt[i] = blobs[i]->bytes.empty() ? 0 : blobs[i]->cnt;
  }
  append<ProgHeader>(out, {&h, 1});
  append<isa::Insn>(out, insns);
  append<u32>(out, map_ids);
  append<FdArrayEntry>(out, fd_array);
  for (const auto* blob : blobs) append<u8>(out, blob->bytes);
  if (out.size() % kPage == 0) out.push_back(0);  // files of maps, and only these, are whole pages
  return out;
}

Result<ProgImage> ProgImage::parse(std::span<const u8> bytes) {
  ProgImage image;
  ProgHeader& h = image.header;
  if (bytes.size() < sizeof(h)) return error_status(EINVAL, "file of a program");
  std::memcpy(&h, bytes.data(), sizeof(h));
  Reader in{bytes.subspan(sizeof(h))};
  const bool sane = h.magic == kProgMagic && h.insn_cnt > 0 && h.insn_cnt <= kMaxInsns && h.map_cnt <= kMaxMaps &&
                    h.fd_cnt <= kMaxMaps && h.attach <= AttachKind::Program;
  if (!sane || !in.take(image.insns, h.insn_cnt) || !in.take(image.map_ids, h.map_cnt) ||
      !in.take(image.fd_array, h.fd_cnt) || !take_blob(in, h, 0, image.func_info) ||
      !take_blob(in, h, 1, image.line_info) || !take_blob(in, h, 2, image.core_relo))
    return error_status(EINVAL, "file of a program");
  h.name[sizeof(h.name) - 1] = 0;
  return image;
}

Sha256 digest_of(std::span<const isa::Insn> insns) {
  std::vector<isa::Insn> masked(insns.begin(), insns.end());
  for (size_t i = 0; i + 1 < masked.size(); ++i) {
    if (masked[i].code != isa::kLdImm64) continue;
    if (masked[i].src == isa::BPF_PSEUDO_MAP_FD || masked[i].src == isa::BPF_PSEUDO_MAP_VALUE)
      masked[i].imm = masked[i + 1].imm = 0;
    ++i;
  }
  return sha256({reinterpret_cast<const u8*>(masked.data()), masked.size() * sizeof(isa::Insn)});
}

}  // namespace skep::sys
