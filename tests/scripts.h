// Scripts of questions that skep must answer as the running kernel did when they were recorded. With SKEP_BLESS=1
// (./dev bless) the running kernel, if it is a Linux 6.18 and may be asked, gives the answers anew; without, it is
// asked too and must not have changed its mind.
//
// A line is `question  -> answer`; empty lines and those that begin with # are left alone. A question may end with a
// deviation, `  !! ANSWER  # why`: skep's own answer, where it means to differ.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace skep::scripts {

using Answers = std::function<std::string(std::string_view question)>;

struct Sides {
  // Each script gets a new one. `running` may be null: there is no kernel to ask.
  std::function<Answers()> ours, running;
};

// Runs the scripts of a folder (*.ops), all or those with `part` in their names; prints differences and a summary. An
// exit status.
int run_scripts(const std::string& folder, const std::string& part, const Sides& sides);

}  // namespace skep::scripts
