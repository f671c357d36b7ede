// The language of the scripts, in both directions.
#include "session.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "target/uapi.h"

namespace skep::maps {
namespace {

using namespace sys;

inline constexpr u64 kBadAddress = 1;
inline constexpr u8 kUntouched = 0xee;  // what output buffers hold before a call
inline constexpr u64 kCpuStep = 1000;   // a value's number on one CPU and on the next
inline constexpr u32 kMaxKeys = 10000;  // of a dump that does not end

struct TypeName {
  std::string_view name;
  u32 type;
};

constexpr TypeName kTypes[] = {{"hash", BPF_MAP_TYPE_HASH},
                               {"array", BPF_MAP_TYPE_ARRAY},
                               {"prog_array", BPF_MAP_TYPE_PROG_ARRAY},
                               {"perf_event_array", BPF_MAP_TYPE_PERF_EVENT_ARRAY},
                               {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
                               {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY},
                               {"stack_trace", BPF_MAP_TYPE_STACK_TRACE},
                               {"cgroup_array", BPF_MAP_TYPE_CGROUP_ARRAY},
                               {"lru_hash", BPF_MAP_TYPE_LRU_HASH},
                               {"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH},
                               {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE},
                               {"array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS},
                               {"hash_of_maps", BPF_MAP_TYPE_HASH_OF_MAPS},
                               {"cgroup_storage", BPF_MAP_TYPE_CGROUP_STORAGE},
                               {"percpu_cgroup_storage", BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE},
                               {"queue", BPF_MAP_TYPE_QUEUE},
                               {"stack", BPF_MAP_TYPE_STACK},
                               {"bloom_filter", BPF_MAP_TYPE_BLOOM_FILTER},
                               {"devmap", BPF_MAP_TYPE_DEVMAP},
                               {"devmap_hash", BPF_MAP_TYPE_DEVMAP_HASH},
                               {"cpumap", BPF_MAP_TYPE_CPUMAP},
                               {"ringbuf", BPF_MAP_TYPE_RINGBUF},
                               {"user_ringbuf", BPF_MAP_TYPE_USER_RINGBUF},
                               {"arena", BPF_MAP_TYPE_ARENA}};

bool is_per_cpu(u32 type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

bool is_map_in_map(u32 type) { return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS; }

u64 number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  u64 n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n, base);
  return n;
}

u64 number_of(const Words& words, std::string_view name, u64 otherwise = 0) {
  const auto found = words.find(name);
  return found == words.end() ? otherwise : number(found->second);
}

bool has_value(const Words& words, std::string_view name, std::string_view value) {
  const auto found = words.find(name);
  return found != words.end() && found->second == value;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(by, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string errno_name(long result) {
  if (result >= 0) return std::to_string(result);
  if (result == -524) return "ENOTSUPP";
  const char* name = strerrorname_np(int(-result));
  return name != nullptr ? name : std::to_string(result);
}

// A little-endian number, or "x" and the bytes if there are more than eight that matter.
std::string bytes_text(const u8* bytes, u64 size) {
  while (size > 0 && bytes[size - 1] == 0) --size;
  u64 n = 0;
  if (size <= sizeof(n)) {
    std::memcpy(&n, bytes, size);
    return std::to_string(n);
  }
  std::string out = "x";
  for (u64 i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

void put_hex(std::string_view hex, std::span<u8> to) {
  for (size_t i = 0; 2 * i + 1 < hex.size() && i < to.size(); ++i)
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, to[i], 16);
}

void put_bytes(std::string_view text, std::span<u8> to) {
  if (text.starts_with('x')) return put_hex(text.substr(1), to);
  const u64 n = number(text);
  if (!to.empty()) std::memcpy(to.data(), &n, std::min(to.size(), sizeof(n)));
}

u32 possible_cpus() {
  char text[64] = {};
  const int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
  const bool known = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0;
  if (fd >= 0) close(fd);
  const char* last = known ? std::strrchr(text, '-') : nullptr;
  return last != nullptr ? u32(std::atoi(last + 1)) + 1 : 1;
}

// BTF with [1] u32, [2] struct bpf_spin_lock {u32 val}, [3] struct {struct bpf_spin_lock lock; u32 n}.
std::vector<u8> lock_btf() {
  const char strings[] = "\0u32\0bpf_spin_lock\0val\0value\0lock\0n";
  const u32 types[] = {1, 1u << 24, 4, 32, 5, 4u << 24 | 1, 4, 19, 1, 0, 23, 4u << 24 | 2, 8, 29, 2, 0, 34, 1, 32};
  const u32 header[] = {0x0001eb9f, 24, 0, sizeof(types), sizeof(types), sizeof(strings)};
  std::vector<u8> out(sizeof(header) + sizeof(types) + sizeof(strings));
  std::memcpy(out.data(), header, sizeof(header));
  std::memcpy(out.data() + sizeof(header), types, sizeof(types));
  std::memcpy(out.data() + sizeof(header) + sizeof(types), strings, sizeof(strings));
  return out;
}

}  // namespace

Session::Session(Asker asker) : asker_(std::move(asker)), cpus_(possible_cpus()) {
  btf_ = int(load_btf(asker_, lock_btf()));
  for (int i = 0; i < 3; ++i) {
    inner_[i] = int(asker_.ask(BPF_MAP_CREATE, MapCreateAttr{BPF_MAP_TYPE_ARRAY, 4, i < 2 ? 4u : 8u, 1}));
    MapInfo info = {};
    InfoAttr attr{u32(inner_[i]), sizeof(info), address(&info)};
    asker_.ask_back(BPF_OBJ_GET_INFO_BY_FD, attr);
    inner_id_[i] = info.id;
  }
}

Session::~Session() {
  for (int fd : {fd_, inner_[0], inner_[1], inner_[2], btf_}) {
    if (fd >= 0) close(fd);
  }
}

u64 Session::user_value_size() const { return is_per_cpu(type_) ? (value_size_ + 7) / 8 * 8 * cpus_ : value_size_; }

bool Session::has_order() const {
  return type_ != BPF_MAP_TYPE_HASH && type_ != BPF_MAP_TYPE_PERCPU_HASH && type_ != BPF_MAP_TYPE_LRU_HASH &&
         type_ != BPF_MAP_TYPE_LRU_PERCPU_HASH && type_ != BPF_MAP_TYPE_HASH_OF_MAPS &&
         type_ != BPF_MAP_TYPE_DEVMAP_HASH;
}

std::string Session::run(std::string_view line) {
  const auto parts = split(line, ' ');
  Words words;
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == parts[i].npos) return "what is " + std::string(parts[i]) + "?";
    words[std::string(parts[i].substr(0, equals))] = parts[i].substr(equals + 1);
  }
  const std::string_view verb = parts.empty() ? "" : parts[0];
  if (verb == "map") return create(words);
  if (verb == "update") return update(words);
  if (verb == "lookup") return lookup(words, BPF_MAP_LOOKUP_ELEM);
  if (verb == "take") return lookup(words, BPF_MAP_LOOKUP_AND_DELETE_ELEM);
  if (verb == "delete") return erase(words);
  if (verb == "next") return next(words);
  if (verb == "dump") return dump();
  if (verb == "freeze") return freeze();
  if (verb == "lookup_batch") return read_batch(words, BPF_MAP_LOOKUP_BATCH);
  if (verb == "take_batch") return read_batch(words, BPF_MAP_LOOKUP_AND_DELETE_BATCH);
  if (verb == "update_batch") return write_batch(words, BPF_MAP_UPDATE_BATCH);
  if (verb == "delete_batch") return write_batch(words, BPF_MAP_DELETE_BATCH);
  return "what is " + std::string(verb) + "?";
}

std::string Session::create(const Words& words) {
  if (fd_ >= 0) close(fd_);
  const auto name = words.find("type");
  const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](const TypeName& t) { return name != words.end() && t.name == name->second; });
  if (row == std::end(kTypes)) return "what type?";
  type_ = row->type;
  key_size_ = u32(number_of(words, "key"));
  value_size_ = u32(number_of(words, "value"));
  MapCreateAttr attr{type_, key_size_, value_size_, u32(number_of(words, "max")), u32(number_of(words, "flags"))};
  attr.map_extra = number_of(words, "extra");
  if (is_map_in_map(type_)) attr.inner_map_fd = u32(inner_[0]);
  if (has_value(words, "btf", "lock")) {
    attr.btf_fd = u32(btf_);
    attr.btf_key_type_id = 1;
    attr.btf_value_type_id = 3;
  }
  ++calls_;
  const long fd = asker_.ask(BPF_MAP_CREATE, attr);
  fd_ = fd >= 0 ? int(fd) : -1;
  return errno_name(std::min(fd, 0l));
}

Session::Buffer Session::key_bytes(std::string_view text) const {
  Buffer bytes(key_size_);
  const size_t colon = text.find(':');
  if (is(BPF_MAP_TYPE_LPM_TRIE) && colon != text.npos) {
    const u32 length = u32(number(text.substr(0, colon)));
    std::memcpy(bytes.data(), &length, sizeof(length));
    put_hex(text.substr(colon + 1), std::span(bytes).subspan(sizeof(length)));
  } else {
    put_bytes(text, bytes);
  }
  return bytes;
}

Session::Buffer Session::value_bytes(std::string_view text) const {
  Buffer bytes(user_value_size());
  if (text.starts_with("inner") && text.size() == 6) {
    const u32 fd = u32(inner_[text[5] % 3]);
    std::memcpy(bytes.data(), &fd, std::min(bytes.size(), sizeof(fd)));
  } else if (is_per_cpu(type_)) {
    const u64 step = (value_size_ + 7) / 8 * 8;
    for (u32 cpu = 0; cpu < cpus_; ++cpu)
      put_bytes(std::to_string(number(text) + cpu * kCpuStep), std::span(bytes).subspan(cpu * step, value_size_));
  } else {
    put_bytes(text, bytes);
  }
  return bytes;
}

std::string Session::key_text(const u8* bytes) const {
  if (!is(BPF_MAP_TYPE_LPM_TRIE)) return bytes_text(bytes, key_size_);
  u32 length;
  std::memcpy(&length, bytes, sizeof(length));
  std::string out = std::to_string(length) + ":";
  for (u32 i = sizeof(length); i < key_size_; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

// Per-CPU values that value_bytes() made are one number again.
std::string Session::value_text(const u8* bytes) const {
  if (is_map_in_map(type_)) {
    u32 id;
    std::memcpy(&id, bytes, sizeof(id));
    for (int i = 0; i < 3; ++i) {
      if (id == inner_id_[i]) return "inner" + std::to_string(i);
    }
  }
  const std::string first = bytes_text(bytes, value_size_);
  if (!is_per_cpu(type_)) return first;
  std::string all = first;
  bool regular = true;
  for (u32 cpu = 1; cpu < cpus_; ++cpu) {
    Buffer expected(value_size_);
    put_bytes(std::to_string(number(first) + cpu * kCpuStep), expected);
    const u8* value = bytes + cpu * ((value_size_ + 7) / 8 * 8);
    regular = regular && std::equal(expected.begin(), expected.end(), value);
    all += "," + bytes_text(value, value_size_);
  }
  return regular ? first : all;
}

u64 Session::key_address(const Words& words, Buffer& buffer) const {
  const auto found = words.find("k");
  if (found == words.end()) return 0;
  if (found->second == "bad") return kBadAddress;
  buffer = key_bytes(found->second);
  buffer.resize(std::max<size_t>(buffer.size(), 8));  // a type without keys gets an address too
  return address(buffer.data());
}

u64 Session::value_address(const Words& words, Buffer& buffer) const {
  const auto found = words.find("v");
  if (found == words.end() || found->second == "null") return 0;
  if (found->second == "bad") return kBadAddress;
  buffer = value_bytes(found->second);
  return address(buffer.data());
}

long Session::elem(u32 command, u64 key, u64 value, u64 flags) {
  ++calls_;
  return asker_.ask(command, MapElemAttr{u32(fd_), 0, key, value, flags});
}

std::string Session::update(const Words& words) {
  Buffer key, value;
  const u64 key_at = key_address(words, key), value_at = value_address(words, value);
  return errno_name(elem(BPF_MAP_UPDATE_ELEM, key_at, value_at, number_of(words, "flags")));
}

std::string Session::lookup(const Words& words, u32 command) {
  Buffer key, value;
  const u64 key_at = key_address(words, key);
  const bool given = words.count("v");
  u64 value_at = value_address(words, value);
  if (!given) {
    value.assign(user_value_size(), kUntouched);
    value_at = address(value.data());
  }
  const long result = elem(command, key_at, value_at, number_of(words, "flags"));
  return errno_name(result) + (result == 0 && !given ? " v=" + value_text(value.data()) : "");
}

std::string Session::erase(const Words& words) {
  Buffer key;
  const u64 key_at = key_address(words, key);
  return errno_name(elem(BPF_MAP_DELETE_ELEM, key_at, 0, number_of(words, "flags")));
}

std::string Session::next(const Words& words) {
  Buffer key, out(std::max(key_size_, 8u), kUntouched), value(user_value_size());
  const u64 key_at = key_address(words, key);
  // Which key is the last one, is the hash function's business.
  const bool may_be_last =
      !has_order() && !key.empty() && elem(BPF_MAP_LOOKUP_ELEM, key_at, address(value.data()), 0) == 0;
  const long result = elem(BPF_MAP_GET_NEXT_KEY, key_at, address(out.data()), 0);
  if (may_be_last && (result == 0 || result == -ENOENT)) return "one or none";
  return errno_name(result) + (result == 0 && has_order() ? " k=" + key_text(out.data()) : "");
}

std::string Session::dump() {
  std::vector<std::string> lines;
  Buffer key(key_size_), next(key_size_), value(user_value_size());
  long result = elem(BPF_MAP_GET_NEXT_KEY, 0, address(next.data()), 0);
  for (; result == 0 && lines.size() < kMaxKeys;
       result = elem(BPF_MAP_GET_NEXT_KEY, address(key.data()), address(next.data()), 0)) {
    key = next;
    const long found = elem(BPF_MAP_LOOKUP_ELEM, address(key.data()), address(value.data()), 0);
    lines.push_back(key_text(key.data()) + "=" + (found == 0 ? value_text(value.data()) : errno_name(found)));
  }
  if (!has_order()) std::sort(lines.begin(), lines.end());
  return fmt::format("{} {}", errno_name(result), fmt::join(lines, " "));
}

std::string Session::freeze() {
  ++calls_;
  return errno_name(asker_.ask(BPF_MAP_FREEZE, MapElemAttr{u32(fd_)}));
}

std::string Session::read_batch(const Words& words, u32 command) {
  const u32 count = u32(number_of(words, "count"));
  Buffer in, out(std::max(key_size_, 4u) + 4), keys(u64(count) * key_size_ + 8), values(count * user_value_size() + 8);
  if (has_value(words, "in", "last"))
    in = out_batch_;
  else if (words.count("in"))
    put_bytes(words.find("in")->second, (in = Buffer(std::max(key_size_, 8u))));
  const auto unless_null = [&](const char* name, Buffer& buffer) {
    return has_value(words, name, "null") ? 0 : has_value(words, name, "bad") ? kBadAddress : address(buffer.data());
  };
  MapBatchAttr attr{in.empty() ? 0 : address(in.data()),
                    unless_null("out", out),
                    unless_null("keys", keys),
                    unless_null("values", values),
                    count,
                    u32(fd_),
                    number_of(words, "eflags"),
                    number_of(words, "flags")};
  ++calls_;
  const long result = asker_.ask_back(command, attr);
  out_batch_ = out;
  std::vector<std::string> lines;
  const bool read = result == 0 || result == -ENOENT;
  for (u32 i = 0; read && i < std::min(attr.count, count); ++i)
    lines.push_back(key_text(&keys[i * key_size_]) + "=" + value_text(&values[i * user_value_size()]));
  if (!has_order()) std::sort(lines.begin(), lines.end());
  return fmt::format("{} count={} {}", errno_name(result), attr.count, fmt::join(lines, " "));
}

std::string Session::write_batch(const Words& words, u32 command) {
  Buffer keys, values;
  const auto all_of = [&](const char* name) {
    const auto found = words.find(name);
    return found == words.end() ? std::vector<std::string_view>() : split(found->second, ',');
  };
  for (const auto& text : all_of("k")) {
    const Buffer bytes = key_bytes(text);
    keys.insert(keys.end(), bytes.begin(), bytes.end());
  }
  for (const auto& text : all_of("v")) {
    const Buffer bytes = value_bytes(text);
    values.insert(values.end(), bytes.begin(), bytes.end());
  }
  MapBatchAttr attr{0,
                    0,
                    keys.empty() ? 0 : address(keys.data()),
                    values.empty() ? 0 : address(values.data()),
                    u32(number_of(words, "count", all_of("k").size())),
                    u32(fd_),
                    number_of(words, "eflags"),
                    number_of(words, "flags")};
  ++calls_;
  const long result = asker_.ask_back(command, attr);
  return fmt::format("{} count={}", errno_name(result), attr.count);
}

}  // namespace skep::maps
