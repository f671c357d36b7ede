// See types.h.
#include "types.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "btf/btf.h"

namespace skep::cases {

namespace {

using btf::Kind;

struct BaseType {
  std::string_view name;
  u32 size;  // bytes
  u32 encoding;
};
constexpr BaseType kBaseTypes[] = {
    {"int", 4, 1}, {"long", 8, 1}, {"char", 1, 1}, {"u8", 1, 0},  {"u16", 2, 0},
    {"u32", 4, 0}, {"u64", 8, 0},  {"s32", 4, 1},  {"s64", 8, 1}, {"bool", 1, 4},
};

// A type with its size and alignment, which the blob does not say of pointers.
struct Sized {
  u32 id = 0, size = 0, align = 1;
};

class Writer {
 public:
  explicit Writer(CaseTypes& out) : out_(out) {}

  u32 add(std::string_view name, Kind kind, u32 vlen, u32 size_or_type, std::initializer_list<u32> more = {}) {
    u32 words[] = {string(name), u32(kind) << 24 | vlen, size_or_type};
    types_.insert(types_.end(), std::begin(words), std::end(words));
    types_.insert(types_.end(), more);
    return ++count_;
  }
  void append(std::initializer_list<u32> words) { types_.insert(types_.end(), words); }
  u32 string(std::string_view text) {
    if (text.empty()) return 0;
    u32 at = u32(strings_.size());
    strings_.append(text).push_back('\0');
    return at;
  }

  // "struct foo *", "int", "char" ...: spaces between words. Unknown structs become forward declarations.
  Result<Sized> type(std::string_view text) {
    text = trim(text);
    if (text.ends_with("*")) {
      auto pointee = type(text.substr(0, text.size() - 1));
      if (!pointee.ok()) return pointee;
      return Sized{add("", Kind::Ptr, 0, pointee->id), 8, 8};
    }
    if (text == "void") return Sized{};
    for (const BaseType& base : kBaseTypes)
      if (base.name == text) return base_type(base);
    if (!text.starts_with("struct ")) return error_status(EINVAL, fmt::format("type '{}'", text));
    if (auto it = structs_.find(text); it != structs_.end()) return it->second;
    u32 id = add(text.substr(7), Kind::Fwd, 0, 0);
    structs_.emplace(text, Sized{id});
    return Sized{id};
  }

  // "foo { int a; char b[8]; }"
  Status add_struct(std::string_view text);
  Status add_func(const FuncSpec& func);
  void finish();

 private:
  Sized base_type(const BaseType& base) {
    auto [it, fresh] = out_.ids.emplace(base.name, 0);
    if (fresh) it->second = add(base.name, Kind::Int, 0, base.size, {base.encoding << 24 | base.size * 8});
    return {it->second, base.size, base.size};
  }
  // "char b[8]": type, name and size.
  Result<Sized> member(std::string_view text, std::string_view& name);

  CaseTypes& out_;
  std::vector<u32> types_;
  std::string strings_ = std::string(1, '\0');
  u32 count_ = 0;
  std::map<std::string, Sized, std::less<>> structs_;
};

Result<Sized> Writer::member(std::string_view text, std::string_view& name) {
  text = trim(text);
  u32 elements = 0;
  if (text.ends_with("]")) {
    size_t open = text.find('[');
    elements = u32(std::strtoul(std::string(text.substr(open + 1)).c_str(), nullptr, 10));
    text = trim(text.substr(0, open));
  }
  size_t at = text.find_last_of(" *") + 1;
  name = text.substr(at);
  auto element = type(text.substr(0, at));
  if (!element.ok() || !elements) return element;
  auto index = type("int");
  u32 id = add("", Kind::Array, 0, 0, {element->id, index->id, elements});
  return Sized{id, element->size * elements, element->align};
}

Status Writer::add_struct(std::string_view text) {
  size_t open = text.find('{'), close = text.rfind('}');
  if (open == text.npos || close == text.npos) return error_status(EINVAL, "STRUCT name { type member; ... }");
  std::string_view body = text.substr(open + 1, close - open - 1);
  std::vector<u32> members;
  u32 size = 0, align = 1, count = 0;
  while (!trim(body).empty()) {
    size_t end = std::min(body.find(';'), body.size());
    std::string_view name;
    auto type = member(body.substr(0, end), name);
    if (!type.ok()) return type.status();
    body.remove_prefix(std::min(end + 1, body.size()));
    size = (size + type->align - 1) / type->align * type->align;
    members.insert(members.end(), {string(name), type->id, size * 8});
    size += type->size;
    align = std::max(align, type->align);
    count++;
  }
  size = (size + align - 1) / align * align;
  std::string_view name = trim(text.substr(0, open));
  u32 id = add(name, Kind::Struct, count, size);
  types_.insert(types_.end(), members.begin(), members.end());
  std::string key = fmt::format("struct {}", name);
  structs_[key] = {id, size, align};
  out_.ids[key] = id;
  return {};
}

Status Writer::add_func(const FuncSpec& func) {
  std::string_view text = func.prototype;
  size_t open = text.find('('), close = text.rfind(')');
  if (close == text.npos) return error_status(EINVAL, fmt::format("prototype '{}'", text));
  std::string_view head = trim(text.substr(0, open));
  auto result = type(head.substr(0, head.find_last_of(" *") + 1));
  if (!result.ok()) return result.status();
  std::string_view args = trim(text.substr(open + 1, close - open - 1));
  if (args == "void") args = {};
  std::vector<u32> params;
  while (!args.empty()) {
    size_t end = std::min(args.find(','), args.size());
    std::string_view name;
    auto arg = member(args.substr(0, end), name);
    if (!arg.ok()) return arg.status();
    params.insert(params.end(), {string(name), arg->id});
    args.remove_prefix(std::min(end + 1, args.size()));
  }
  u32 proto = add("", Kind::FuncProto, u32(params.size() / 2), result->id);
  types_.insert(types_.end(), params.begin(), params.end());
  out_.ids[func.name] = add(func.name, Kind::Func, func.global ? 1 : 0, proto);
  return {};
}

void Writer::finish() {
  u32 type_bytes = u32(types_.size() * sizeof(u32)), string_bytes = u32(strings_.size());
  const u32 header[] = {0x0001eb9f, 24, 0, type_bytes, type_bytes, string_bytes};
  out_.blob.resize(sizeof(header) + type_bytes + string_bytes);
  u8* at = out_.blob.data();
  std::memcpy(at, header, sizeof(header));
  std::memcpy(at + sizeof(header), types_.data(), type_bytes);
  std::memcpy(at + sizeof(header) + type_bytes, strings_.data(), string_bytes);
}

}  // namespace

Result<CaseTypes> make_types(const Case& c, const std::map<std::string, int, std::less<>>& labels) {
  CaseTypes out;
  if (c.funcs.empty() && c.structs.empty()) return out;
  Writer writer(out);
  (void)writer.type("int");
  for (const std::string& text : c.structs)
    if (Status status = writer.add_struct(text); !status.ok()) return status;
  for (const FuncSpec& func : c.funcs) {
    if (Status status = writer.add_func(func); !status.ok()) return status;
    auto label = labels.find(func.name);
    if (label == labels.end()) return error_status(EINVAL, fmt::format("no label '{}:'", func.name));
    out.func_info.push_back({u32(label->second), out.ids[func.name]});
  }
  for (const TagSpec& tag : c.tags) writer.add(tag.text, Kind::DeclTag, 0, out.ids[tag.func], {u32(tag.arg)});
  std::sort(out.func_info.begin(), out.func_info.end(), [](auto& a, auto& b) { return a.insn_off < b.insn_off; });
  writer.finish();
  return out;
}

}  // namespace skep::cases
