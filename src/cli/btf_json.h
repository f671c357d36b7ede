// Values in memory and JSON, each way, by their BTF type. Structs are objects, arrays are arrays, characters a string
// where they are one, integers numbers, enums their names, pointers numbers.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "base/status.h"
#include "btf/btf.h"

namespace skep::cli {

using Json = nlohmann::ordered_json;

// "0a0b0c", spaces allowed. EINVAL: this is not hex.
Result<std::vector<u8>> parse_hex(std::string_view text);
std::string to_hex(std::span<const u8> bytes);

// What is not named is zero; integers may be strings ("0x10"), bytes of any type a string of hex with an x before it
// ("x0a0b"). EINVAL and why.
Status json_to_value(const btf::Btf& types, u32 type_id, const Json& json, std::span<u8> value);
Json value_to_json(const btf::Btf& types, u32 type_id, std::span<const u8> value);

// The same without a type: a number of up to 8 bytes, or hex.
Status json_to_bytes(const Json& json, std::span<u8> value);
Json bytes_to_json(std::span<const u8> value);

}  // namespace skep::cli
