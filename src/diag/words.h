// The sentences of an explanation: headline, labels, required and known, help. Templates are rows of words.def; here is
// what fills them.
#pragma once

#include <string>

#include "diag/explanation.h"

namespace skep::diag {

// Fills in title, labels, required, known_text, notes and help from the facts.
void put_into_words(Explanation& explanation);
// Fills in the label of an event that stands alone.
void put_into_words(Event& event);

// "a pointer to a value of map `flows`, or NULL", "between 0 and 255", "any number".
std::string words_of(const Known& known);
// "[0, 255]" for the values of a number; long ends as powers of two.
std::string interval_of(const Known& known);

// What to do about a cause, where nothing else is known of the failure; may be empty.
std::string help_of(std::string_view code);

}  // namespace skep::diag
