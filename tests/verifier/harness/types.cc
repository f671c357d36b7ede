// See types.h.
#include "types.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
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

constexpr BaseType kFloats[] = {{"float", 4, 0}, {"double", 8, 0}};

struct Modifier {
  std::string_view word;
  Kind kind;
};
constexpr Modifier kModifiers[] = {
    {"const ", Kind::Const}, {"volatile ", Kind::Volatile}, {"restrict ", Kind::Restrict}};

// Words after a type, as kernel and libbpf headers define them: type tags.
constexpr std::string_view kTypeTags[] = {"__kptr", "__kptr_untrusted", "__percpu_kptr", "__uptr",
                                          "__user", "__percpu",         "__rcu"};

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

  // "struct foo __kptr *", "const int", "char" ...: spaces between words. Unknown structs become forward declarations.
  Result<Sized> type(std::string_view text);
  // "foo { int a; char b[8]; }"; a struct without a name is called "-".
  Status add_struct(std::string_view text);
  // "struct foo * name"
  Status add_typedef(std::string_view text);
  Status add_func(const FuncSpec& func);
  void finish();

 private:
  Sized base_type(const BaseType& base) {
    auto [it, fresh] = out_.ids.emplace(base.name, 0);
    if (fresh) it->second = add(base.name, Kind::Int, 0, base.size, {base.encoding << 24 | base.size * 8});
    return {it->second, base.size, base.size};
  }
  Sized float_type(const BaseType& base) {
    auto [it, fresh] = out_.ids.emplace(base.name, 0);
    if (fresh) it->second = add(base.name, Kind::Float, 0, base.size);
    return {it->second, base.size, base.size};
  }
  // A type that says something about another one.
  Result<Sized> wrapped(std::string_view name, Kind kind, std::string_view inner) {
    auto result = type(inner);
    if (result.ok()) result->id = add(name, kind, 0, result->id);
    return result;
  }
  // "char b[8]": type, name and size.
  Result<Sized> member(std::string_view text, std::string_view& name);

  CaseTypes& out_;
  std::vector<u32> types_;
  std::string strings_ = std::string(1, '\0');
  u32 count_ = 0;
  std::map<std::string, Sized, std::less<>> named_;  // "struct foo", or a typedef
};

Result<Sized> Writer::type(std::string_view text) {
  text = trim(text);
  if (text.ends_with("*")) {
    auto pointee = type(text.substr(0, text.size() - 1));
    if (!pointee.ok()) return pointee;
    return Sized{add("", Kind::Ptr, 0, pointee->id), 8, 8};
  }
  size_t last = text.find_last_of(" *") + 1;
  for (std::string_view tag : kTypeTags)
    if (text.substr(last) == tag) return wrapped(tag.substr(2), Kind::TypeTag, text.substr(0, last));
  for (const Modifier& modifier : kModifiers)
    if (text.starts_with(modifier.word)) return wrapped("", modifier.kind, text.substr(modifier.word.size()));
  if (text == "void") return Sized{};
  for (const BaseType& base : kBaseTypes)
    if (base.name == text) return base_type(base);
  for (const BaseType& base : kFloats)
    if (base.name == text) return float_type(base);
  if (auto it = named_.find(text); it != named_.end()) return it->second;
  if (!text.starts_with("struct ")) return error_status(EINVAL, fmt::format("type '{}'", text));
  u32 id = add(text.substr(7), Kind::Fwd, 0, 0);
  named_.emplace(text, Sized{id});
  return Sized{id};
}

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
  u32 id = add(name == "-" ? "" : name, Kind::Struct, count, size);
  types_.insert(types_.end(), members.begin(), members.end());
  std::string key = fmt::format("struct {}", name);
  named_[key] = {id, size, align};
  out_.ids[key] = id;
  return {};
}

Status Writer::add_typedef(std::string_view text) {
  std::string_view name;
  auto result = member(text, name);
  if (!result.ok()) return result.status();
  result->id = add(name, Kind::Typedef, 0, result->id);
  named_[std::string(name)] = *result;
  out_.ids[std::string(name)] = result->id;
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

// A word of a record: a number, the name of a type, or "@text".
Result<u32> word_of(const CaseTypes& types, const std::string& word) {
  if (auto text = types.strings.find(word); text != types.strings.end()) return text->second;
  for (const std::string& name : {word, "struct " + word})
    if (auto type = types.ids.find(name); type != types.ids.end()) return type->second;
  char* end = nullptr;
  const u32 number = u32(std::strtoul(word.c_str(), &end, 0));
  if (*end) return error_status(EINVAL, fmt::format("'{}' of a record is no number, type or @text", word));
  return number;
}

Status make_records(const Records& records, const CaseTypes& types, LoadRecords& out) {
  for (const auto& record : records) {
    for (const std::string& word : record) {
      auto value = word_of(types, word);
      if (!value.ok()) return value.status();
      out.words.push_back(*value);
    }
    out.record_size = u32(record.size() * sizeof(u32));
    out.count++;
  }
  return {};
}

Status add_tags(const Case& c, const CaseTypes& out, Writer& writer) {
  for (const TagSpec& tag : c.tags) {
    auto target = out.ids.find(tag.of);
    if (target == out.ids.end()) target = out.ids.find("struct " + tag.of);
    if (target == out.ids.end()) return error_status(EINVAL, fmt::format("no function or struct '{}'", tag.of));
    writer.add(tag.text, Kind::DeclTag, 0, target->second, {u32(tag.component)});
  }
  return {};
}

// The functions, and the func_info that says where they start.
Status add_funcs(const Case& c, const std::map<std::string, int, std::less<>>& labels, CaseTypes& out, Writer& writer) {
  std::vector<std::pair<int, u32>> places;  // and ids
  for (const FuncSpec& func : c.funcs) {
    if (Status status = writer.add_func(func); !status.ok()) return status;
    if (func.only_type || !c.func_info.empty()) continue;
    auto label = labels.find(func.name);
    if (label == labels.end()) return error_status(EINVAL, fmt::format("no label '{}:'", func.name));
    places.emplace_back(label->second, out.ids[func.name]);
  }
  if (places.empty()) return {};
  std::sort(places.begin(), places.end());
  for (auto [place, id] : places) out.func_info.words.insert(out.func_info.words.end(), {u32(place), id});
  out.func_info.record_size = 2 * sizeof(u32);
  out.func_info.count = u32(places.size());
  return {};
}

}  // namespace

Result<CaseTypes> make_types(const Case& c, const std::map<std::string, int, std::less<>>& labels) {
  CaseTypes out;
  if (c.funcs.empty() && c.structs.empty() && c.typedefs.empty()) return out;
  Writer writer(out);
  (void)writer.type("int");
  for (const std::string& text : c.structs)
    if (Status status = writer.add_struct(text); !status.ok()) return status;
  for (const std::string& text : c.typedefs)
    if (Status status = writer.add_typedef(text); !status.ok()) return status;
  if (Status status = add_funcs(c, labels, out, writer); !status.ok()) return status;
  if (Status status = add_tags(c, out, writer); !status.ok()) return status;
  for (const Records* records : {&c.line_info, &c.core_relos})
    for (const auto& record : *records)
      for (const std::string& word : record)
        if (word.starts_with("@")) out.strings[word] = writer.string(std::string_view(word).substr(1));
  writer.finish();
  if (Status status = make_records(c.func_info, out, out.func_info); !status.ok()) return status;
  if (Status status = make_records(c.line_info, out, out.line_info); !status.ok()) return status;
  if (Status status = make_records(c.core_relos, out, out.core_relos); !status.ok()) return status;
  return out;
}

}  // namespace skep::cases
