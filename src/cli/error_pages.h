// The pages of docs/errors/, built into the command (cmake/error_pages.cmake makes the table), so that an installed
// skep needs no files for them.
#pragma once

#include <string_view>

namespace skep::cli {

// The Markdown of a code's page ("E0203"); empty if there is none.
std::string_view error_page(std::string_view code);

}  // namespace skep::cli
