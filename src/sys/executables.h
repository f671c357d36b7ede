// Programs made ready to run, and the maps that running programs reach: what the engine asks this kernel for.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "engine/link.h"
#include "engine/run.h"
#include "sys/shared_cpus.h"
#include "sys/verified.h"

namespace skep::sys {

class Executables final : public engine::Objects {
 public:
  explicit Executables(Kernel& kernel);

  engine::Machine& machine() { return machine_; }
  // The program's code; linked at the first call, from a verification of its image. EINVAL: it does not verify here.
  Result<std::shared_ptr<const engine::Code>> code_of(ProgObject& prog);
  // Code of its own for engine::checked_interpreter(), with the states that the verifier holds; made anew at each call.
  Result<std::shared_ptr<const engine::Code>> checked_code_of(ProgObject& prog, Recording* recording = nullptr);

  // engine::Objects
  engine::MapHandle* map_by_id(u32 id) override;
  const engine::Code* code_by_id(u32 id) override;

 private:
  Result<std::unique_ptr<engine::Code>> linked(ProgObject& prog);
  std::shared_ptr<engine::MapHandle> handle_of(const std::shared_ptr<map::Map>& map);

  Kernel& kernel_;
  SharedCpus cpus_;
  engine::Machine machine_;
  std::mutex mutex_;
  std::unordered_map<u32, std::shared_ptr<engine::MapHandle>> maps_;      // by id
  std::vector<std::shared_ptr<engine::MapHandle>> replaced_;              // of maps that were opened anew
  std::unordered_map<u32, std::shared_ptr<const engine::Code>> targets_;  // of tail calls, by program id
};

}  // namespace skep::sys
