// See map_json.h.
#include "cli/map_json.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include <fmt/format.h>

#include "target/uapi.h"

namespace skep::cli {
namespace {

constexpr u32 kMaxShown = 65536;  // elements per map

// A map through bpf(2), with its types.
class MapView {
 public:
  MapView(const Runner& runner, const std::string& name) : runner_(runner), fd_(runner.object().map_fd(name)) {
    sys::InfoAttr attr{.bpf_fd = u32(fd_), .info_len = sizeof(info_), .info = reinterpret_cast<u64>(&info_)};
    error_ = fd_ < 0 ? fd_ : runner_.bpf(sys::BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
  }

  long error() const { return error_; }
  u32 type() const { return info_.type; }
  bool is_array() const { return type() == BPF_MAP_TYPE_ARRAY || type() == BPF_MAP_TYPE_PERCPU_ARRAY; }
  bool is_section() const { return value_kind() == btf::Kind::DataSec; }

  long update(const Json& key, const Json& value, std::string& why) const;
  Json show() const;

 private:
  bool per_cpu() const {
    return type() == BPF_MAP_TYPE_PERCPU_HASH || type() == BPF_MAP_TYPE_PERCPU_ARRAY ||
           type() == BPF_MAP_TYPE_LRU_PERCPU_HASH;
  }
  bool has_elements() const {
    return type() != BPF_MAP_TYPE_RINGBUF && type() != BPF_MAP_TYPE_USER_RINGBUF && type() != BPF_MAP_TYPE_ARENA &&
           type() != BPF_MAP_TYPE_BLOOM_FILTER && type() != BPF_MAP_TYPE_STRUCT_OPS &&
           type() != BPF_MAP_TYPE_PERF_EVENT_ARRAY && type() != BPF_MAP_TYPE_QUEUE && type() != BPF_MAP_TYPE_STACK;
  }
  btf::Kind value_kind() const {
    const btf::Type* type = runner_.types() ? runner_.types()->skip_modifiers(info_.btf_value_type_id) : nullptr;
    return type ? type->kind() : btf::Kind::Unknown;
  }
  u32 cpus() const { return per_cpu() ? u32(std::max(runner_.object().possible_cpus(), 1)) : 1; }
  u32 stride() const { return per_cpu() ? (info_.value_size + 7) / 8 * 8 : info_.value_size; }

  Status encode(const Json& json, u32 type_id, std::span<u8> bytes) const {
    const bool typed = runner_.types() && type_id;
    return typed ? json_to_value(*runner_.types(), type_id, json, bytes) : json_to_bytes(json, bytes);
  }
  Json decode(std::span<const u8> bytes, u32 type_id) const {
    const bool typed = runner_.types() && type_id;
    return typed ? value_to_json(*runner_.types(), type_id, bytes) : bytes_to_json(bytes);
  }
  Status encode_value(const Json& json, std::vector<u8>& value) const;
  Json decode_value(const std::vector<u8>& value) const;
  long elem(u32 command, const std::vector<u8>* key, void* value) const;

  const Runner& runner_;
  int fd_;
  long error_;
  sys::MapInfo info_{};
};

long MapView::elem(u32 command, const std::vector<u8>* key, void* value) const {
  sys::MapElemAttr attr{
      .map_fd = u32(fd_), .key = key ? reinterpret_cast<u64>(key->data()) : 0, .value = reinterpret_cast<u64>(value)};
  return runner_.bpf(int(command), &attr, sizeof(attr));
}

Status MapView::encode_value(const Json& json, std::vector<u8>& value) const {
  value.assign(size_t(stride()) * cpus(), 0);
  const std::vector<u8> first(info_.key_size);
  if (is_section()) (void)elem(sys::BPF_MAP_LOOKUP_ELEM, &first, value.data());
  const bool each = per_cpu() && json.is_array() && json.size() <= cpus();
  for (u32 cpu = 0; cpu < cpus(); ++cpu) {
    if (each && cpu >= json.size()) break;
    const auto part = std::span(value).subspan(size_t(cpu) * stride(), info_.value_size);
    const Status done = encode(each ? json[cpu] : json, info_.btf_value_type_id, part);
    if (!done.ok()) return done;
  }
  return {};
}

Json MapView::decode_value(const std::vector<u8>& value) const {
  if (!per_cpu()) return decode(value, info_.btf_value_type_id);
  Json out = Json::array();
  for (u32 cpu = 0; cpu < cpus(); ++cpu)
    out.push_back(decode(std::span(value).subspan(size_t(cpu) * stride(), info_.value_size), info_.btf_value_type_id));
  return out;
}

long MapView::update(const Json& key_json, const Json& value_json, std::string& why) const {
  std::vector<u8> key(info_.key_size), value;
  Status done = info_.key_size ? encode(key_json, info_.btf_key_type_id, key) : Status();
  if (done.ok()) done = encode_value(value_json, value);
  why = done.context();
  return done.ok() ? elem(sys::BPF_MAP_UPDATE_ELEM, info_.key_size ? &key : nullptr, value.data()) : -done.error();
}

Json MapView::show() const {
  if (!has_elements()) return nullptr;
  Json out = Json::array();
  std::vector<u8> key(info_.key_size), next(info_.key_size), value(size_t(stride()) * cpus());
  const std::vector<u8>* from = nullptr;
  while (out.size() < kMaxShown && elem(sys::BPF_MAP_GET_NEXT_KEY, from, next.data()) == 0) {
    key = next;
    from = &key;
    if (elem(sys::BPF_MAP_LOOKUP_ELEM, &key, value.data()) != 0) continue;
    if (is_section()) return decode(value, info_.btf_value_type_id);
    const bool zero = std::all_of(value.begin(), value.end(), [](u8 byte) { return byte == 0; });
    if (is_array() && zero) continue;
    out.push_back({{"key", decode(key, info_.btf_key_type_id)}, {"value", decode_value(value)}});
  }
  return out;
}

Result<Json> read_json(const std::string& path) {
  std::ifstream in(path);
  if (!in) return error_status(ENOENT, path + ": " + std::strerror(errno));
  Json json = Json::parse(in, nullptr, false);
  if (json.is_discarded()) return error_status(EINVAL, path + ": not JSON");
  return json;
}

bool is_element(const Json& json) { return json.is_object() && json.contains("key") && json.contains("value"); }

}  // namespace

Status fill_map(const Runner& runner, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == assignment.npos) return error_status(EINVAL, "--map " + assignment + ": not NAME=FILE");
  const std::string name = assignment.substr(0, equals);
  const MapView map(runner, name);
  if (map.error()) return error_status(int(-map.error()), "--map " + name + ": no map of this name");
  auto json = read_json(assignment.substr(equals + 1));
  if (!json.ok()) return json.status();
  if (map.is_section() && json->is_object()) json = Json::array({*json});
  if (!json->is_array()) return error_status(EINVAL, fmt::format("--map {}: the file has no array of elements", name));
  for (size_t i = 0; i < json->size(); ++i) {
    const Json& each = (*json)[i];
    std::string why;
    const long result = is_element(each) ? map.update(each["key"], each["value"], why) : map.update(i, each, why);
    if (result == 0) continue;
    if (why.empty()) why = std::strerror(int(-result));
    return error_status(int(-result), fmt::format("--map {}: element {}: {}", name, i, why));
  }
  return {};
}

Json show_maps(const Runner& runner) {
  Json out = Json::object();
  for (const std::string& name : runner.object().map_names()) {
    const MapView map(runner, name);
    if (map.error() == 0) out[name] = map.show();
  }
  return out;
}

}  // namespace skep::cli
