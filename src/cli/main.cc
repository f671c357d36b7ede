// skep: the command. Verbs live in files of their own.
#include <CLI/CLI.hpp>

#include "cli/say.h"
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace skep::cli;
  CLI::App app("The Linux BPF verifier, maps and bpf(2) outside the kernel.\n", "skep");
  app.set_version_flag("--version", "skep 0.1.0 (reference: Linux 6.18)");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  skep check prog.bpf.o            will Linux 6.18 load it?\n"
      "  skep check prog.bpf.c            the same, compiled first\n"
      "  skep check --format json /usr/sbin/execsnoop\n"
      "  skep explain E0203               what an error code, a message or a log means\n"
      "  skep run prog.bpf.c --pcap in.pcap   every packet through the program\n"
      "  skep exec -- bpftool map show    a program whose bpf(2) is skep's\n"
      "  skep features                    what programs may use, and what of it runs here\n"
      "  skep check --help");
  Verb chosen;
  add_check(app, chosen);
  add_explain(app, chosen);
  add_run(app, chosen);
  add_exec(app, chosen);
  add_features(app, chosen);
  add_asm(app, chosen);
  add_disasm(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    complain("usage", error.what(), "see skep --help");
    return kTrouble;
  }
  return chosen();
}
