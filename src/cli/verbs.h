// The command's verbs. Each adds its options to the command line and gets called back if it was chosen.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace skep::cli {

// What main() returns: 0 all is well, 1 something was rejected, 2 usage or environment.
inline constexpr int kOk = 0, kRejected = 1, kTrouble = 2;

using Verb = std::function<int()>;

void add_check(CLI::App& app, Verb& chosen);
void add_explain(CLI::App& app, Verb& chosen);
void add_exec(CLI::App& app, Verb& chosen);
void add_features(CLI::App& app, Verb& chosen);
void add_run(CLI::App& app, Verb& chosen);
void add_asm(CLI::App& app, Verb& chosen);
void add_disasm(CLI::App& app, Verb& chosen);

}  // namespace skep::cli
