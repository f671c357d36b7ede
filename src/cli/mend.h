// Makes a program in C load: changes to a copy of its source, each compiled and verified.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/remedies.h"
#include "object/compile.h"
#include "object/loader.h"

namespace skep::cli {

// A folder that goes when its owner does; an empty path if none could be made.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Mended {
  std::string source;  // empty: nothing was found that helps
  std::string words;   // what was done, or why nothing was
  u32 changes = 0;
};

class Mender {
 public:
  // `max_compilations`: of copies, for one program.
  Mender(const std::string& file, object::CompileOptions compile, std::shared_ptr<const object::Backend> backend,
         const object::CheckOptions& options, int max_compilations);

  // The source as it is; nothing, and errno, if it cannot be read or there is no place for copies.
  std::optional<std::string> given() const;
  // Its programs; the errno and reason of libbpf, or EINVAL if it does not compile.
  Result<std::vector<std::string>> programs_of(const std::string& source);
  std::optional<object::ProgramResult> check(const std::string& source, const std::string& program);

  // With which the program loads.
  Mended mend(std::string source, object::ProgramResult result);
  // With which libbpf can open the object.
  Mended mend_object(const std::string& source, const std::string& message);

 private:
  struct Candidate {
    std::string words, source;
  };
  std::optional<object::ObjectFile> object_of(const std::string& source);
  std::vector<Candidate> candidates(const std::string& source, const object::ProgramResult& result);
  std::vector<Candidate> from_instructions(const std::string& source, const object::ProgramResult& result) const;
  std::string warnings_of(const std::string& source, std::string_view code);
  std::vector<std::string> functions_like(const std::string& name) const;

  const std::string file_;
  object::CompileOptions compile_;
  std::shared_ptr<const object::Backend> backend_;
  const object::CheckOptions options_;
  const int max_compilations_;
  object::LogBuffer buffer_;
  TemporaryFolder folder_;
};

// What a failure that the verifier had no say in is about: the code of libbpf's or the kernel's message; may be empty.
std::string code_of_message(std::string_view message);

}  // namespace skep::cli
