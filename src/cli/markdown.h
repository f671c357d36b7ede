// Markdown for a terminal: the few forms that docs/errors/ uses (headings, paragraphs, lists, fenced code, `code`,
// links).
#pragma once

#include <string>
#include <string_view>

namespace skep::cli {

// Wrapped to `width` columns; links as "text <address>", or the text alone where they lead to another page. With
// colour, headings are bold and code stands out.
std::string render_markdown(std::string_view markdown, size_t width, bool colour);

}  // namespace skep::cli
