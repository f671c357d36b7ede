# Writes the C++ source that holds every page of docs/errors/ (see src/cli/error_pages.h).
#   cmake -DPAGES=FOLDER -DOUTPUT=FILE.cc -P error_pages.cmake
file(GLOB pages "${PAGES}/E*.md")
list(SORT pages)
set(source "// Made from docs/errors/ by cmake/error_pages.cmake.
#include \"cli/error_pages.h\"

namespace skep::cli {

std::string_view error_page(std::string_view code) {
  struct Page {
    std::string_view code, text;
  };
  static constexpr Page kPages[] = {
")
foreach(page ${pages})
  get_filename_component(code ${page} NAME_WE)
  file(READ ${page} text)
  string(APPEND source "{\"${code}\", R\"page(${text})page\"},\n")
endforeach()
string(APPEND source "{{}, {}}};
  for (const Page& page : kPages)
    if (!page.code.empty() && page.code == code) return page.text;
  return {};
}

}  // namespace skep::cli
")
file(WRITE "${OUTPUT}" "${source}")
