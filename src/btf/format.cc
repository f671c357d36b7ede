// A type as a C declaration: from the name outwards, as C reads ("x" -> "*x" -> "(*x)(int)" -> "int (*x)(int)").
#include "btf/format.h"

#include <fmt/format.h>

namespace skep::btf {
namespace {

constexpr int kMaxDepth = 32;
constexpr int kMaxParams = 256;  // in all: prototypes within prototypes can grow without end in bad BTF

class Declaration {
 public:
  explicit Declaration(const Btf& btf) : btf_(btf) {}

  std::string declare(u32 id, std::string inner, int depth);

 private:
  std::string params(const Type* proto, int depth);
  bool binds_tighter(u32 id) const;
  bool leads_to_ptr(u32 id) const;

  const Btf& btf_;
  int params_ = 0;  // shown so far
};

const char* qualifier(Kind kind) {
  switch (kind) {
    case Kind::Const: return "const";
    case Kind::Volatile: return "volatile";
    case Kind::Restrict: return "restrict";
    default: return "";
  }
}

bool is_qualifier(const Type* t) { return *qualifier(t->kind()) != 0; }

std::string or_anonymous(const char* word, std::string_view name) {
  return name.empty() ? fmt::format("{} {{...}}", word) : fmt::format("{} {}", word, name);
}

// The words of a type that is no pointer, array or function.
std::string base_words(const Btf& btf, const Type* t) {
  std::string_view name = btf.name_of(t);
  switch (t->kind()) {
    case Kind::Unknown: return "void";
    case Kind::Struct: return or_anonymous("struct", name);
    case Kind::Union: return or_anonymous("union", name);
    case Kind::Fwd: return or_anonymous(t->kflag() ? "union" : "struct", name);
    case Kind::Enum:
    case Kind::Enum64: return or_anonymous("enum", name);
    case Kind::DataSec: return fmt::format("section {}", name);
    case Kind::DeclTag: return fmt::format("decl_tag \"{}\"", name);
    default: return name.empty() ? "?" : std::string(name);
  }
}

std::string join(std::string words, std::string_view inner) {
  if (!inner.empty() && inner[0] != '[') words += ' ';
  return words.append(inner);
}

std::string pointer_to(std::string_view inner, bool parenthesised) {
  return parenthesised ? fmt::format("(*{})", inner) : fmt::format("*{}", inner);
}

// Follows type tags, which C does not show here, and qualifiers.
const Type* behind_qualifiers(const Btf& btf, u32 id) {
  const Type* t = btf.type_by_id(id);
  for (int n = 0; t && n < kMaxDepth && (is_qualifier(t) || t->kind() == Kind::TypeTag); n++)
    t = btf.type_by_id(t->type());
  return t;
}

// A pointer to this needs parentheses.
bool Declaration::binds_tighter(u32 id) const {
  const Type* t = behind_qualifiers(btf_, id);
  return t && (t->kind() == Kind::Array || t->kind() == Kind::FuncProto);
}

bool Declaration::leads_to_ptr(u32 id) const {
  const Type* t = behind_qualifiers(btf_, id);
  return t && is_ptr(t);
}

std::string Declaration::params(const Type* proto, int depth) {
  std::span<const Param> all = btf_.params(proto);
  if (all.empty()) return "(void)";
  std::string text = "(";
  for (size_t i = 0; i < all.size(); i++) {
    if (i) text += ", ";
    if (params_++ >= kMaxParams) return text + "...)";
    bool vararg = i + 1 == all.size() && all[i].type == 0;
    text += vararg ? "..." : declare(all[i].type, std::string(btf_.string_at(all[i].name_off)), depth + 1);
  }
  return text + ")";
}

std::string Declaration::declare(u32 id, std::string inner, int depth) {
  std::string qualifiers;  // of what stands innermost on the left: "const int"
  for (; depth < kMaxDepth; depth++) {
    const Type* t = btf_.type_by_id(id);
    if (!t) return join(qualifiers + fmt::format("?{}", id), inner);
    switch (t->kind()) {
      case Kind::Ptr: inner = pointer_to(inner, binds_tighter(t->type())); break;
      case Kind::TypeTag: break;
      case Kind::Const:
      case Kind::Volatile:
      case Kind::Restrict:
        if (leads_to_ptr(t->type())) {
          inner = inner.empty() ? qualifier(t->kind()) : fmt::format("{} {}", qualifier(t->kind()), inner);
        } else {
          qualifiers += fmt::format("{} ", qualifier(t->kind()));
        }
        break;
      case Kind::Array:
        inner += fmt::format("[{}]", btf_.array(t).nelems);
        id = btf_.array(t).type;
        continue;
      case Kind::FuncProto: inner += params(t, depth); break;
      case Kind::Func:
      case Kind::Var: inner = btf_.name_of(t); break;
      default: return join(qualifiers + base_words(btf_, t), inner);
    }
    id = t->type();
  }
  return join("...", inner);
}

}  // namespace

std::string format_type(const Btf& btf, u32 id, std::string_view name) {
  return Declaration(btf).declare(id, std::string(name), 0);
}

}  // namespace skep::btf
