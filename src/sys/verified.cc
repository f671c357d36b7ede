// See verified.h.
#include "sys/verified.h"

#include <cerrno>
#include <cstring>

#include "map/shm/guard.h"
#include "sys/import.h"
#include "verifier/facts.h"

namespace skep::sys {
namespace {

// Stands for "entry N of the image's fd_array" where the verifier expects a descriptor; ids stay below.
inline constexpr u32 kEntry = 1u << 31;

// The object that a number in an image means.
Result<Object> object_of(Kernel& kernel, const ProgImage& image, ObjectKind kind, u32 number) {
  if (!(number & kEntry)) return import_by_name(kernel, {kind, number});
  for (const FdArrayEntry& entry : image.fd_array) {
    if (entry.index != (number & ~kEntry)) continue;
    if (entry.is_btf != u32(kind == ObjectKind::Btf)) return error_status(EINVAL);
    return import_by_name(kernel, {kind, entry.id});
  }
  return error_status(EBADF);
}

verifier::ObjectSource source_of(Kernel& kernel, const ProgImage& image) {
  verifier::ObjectSource source;
  source.map_by_fd = [&kernel, &image](int fd) -> Result<std::shared_ptr<const map::MapMeta>> {
    auto object = object_of(kernel, image, ObjectKind::Map, u32(fd));
    if (!object.ok()) return object.status();
    return meta_for_verifier(object->map);
  };
  source.btf_by_fd = [&kernel, &image](int fd) -> Result<std::shared_ptr<const verifier::ProgBtf>> {
    auto object = object_of(kernel, image, ObjectKind::Btf, u32(fd));
    if (!object.ok()) return object.status();
    return types_for_verifier(object->btf);
  };
  source.fd_array_at = [](u32 index) -> Result<int> { return int(index | kEntry); };
  return source;
}

Status set_attach_target(Kernel& kernel, const ProgHeader& header, verifier::Program& program) {
  program.attach_btf_id = header.attach_btf_id;
  switch (header.attach) {
    case AttachKind::None: return {};
    case AttachKind::Kernel: program.attach_btf = kernel.vmlinux(); return {};
    case AttachKind::Program: break;
  }
  // A program is older than those that attach to it; a file that says otherwise would lead us in circles.
  if (header.attach_prog_id >= header.id) return error_status(EINVAL);
  auto target = import_by_name(kernel, {ObjectKind::Prog, header.attach_prog_id});
  if (!target.ok()) return error_status(EINVAL);
  auto verified = kernel.verified(*target->prog);
  if (!verified.ok()) return verified.status();
  program.attach_prog = *verified;
  return {};
}

Status set_types(Kernel& kernel, ProgObject& prog, verifier::Program& program) {
  if (prog.image.header.btf_id == 0) return {};
  auto btf = import_by_name(kernel, {ObjectKind::Btf, prog.image.header.btf_id});
  if (!btf.ok()) return error_status(EINVAL);
  prog.btf = btf->btf;
  program.btf = types_for_verifier(prog.btf);
  return {};
}

Result<verifier::Program> program_of(Kernel& kernel, ProgObject& prog) {
  const ProgHeader& header = prog.image.header;
  verifier::Program program{.prog_type = header.prog_type,
                            .expected_attach_type = header.expected_attach_type,
                            .prog_flags = header.prog_flags,
                            .name = header.name,
                            .gpl_compatible = header.gpl_compatible != 0,
                            .insns = prog.image.insns,
                            .func_info = prog.image.func_info,
                            .line_info = prog.image.line_info,
                            .core_relo = prog.image.core_relo,
                            .has_fd_array = header.has_fd_array != 0,
                            .fd_array_cnt = header.fd_array_cnt};
  const bool known = kernel.target().is_known_prog_type(header.prog_type) &&
                     kernel.target().attach_type_ok(header.prog_type, header.expected_attach_type);
  if (!known) return error_status(EINVAL);
  if (const Status types = set_types(kernel, prog, program); !types.ok()) return types;
  if (const Status target = set_attach_target(kernel, header, program); !target.ok()) return target;
  return program;
}

verifier::Verdict verify_again(Kernel& kernel, const ProgObject& prog, const verifier::Program& program,
                               const verifier::Options& options) {
  diag::Log log(0, 0);
  return verifier::verify(program, kernel.target(), source_of(kernel, prog.image), options, log);
}

}  // namespace

verifier::Options verifier_options(const target::Caps& caps) {
  return {.caps = caps,
          .allow_ptr_leaks = caps.perfmon,
          .allow_uninit_stack = caps.perfmon,
          .bypass_spec_v1 = caps.perfmon,
          .bypass_spec_v4 = caps.perfmon};
}

std::shared_ptr<const map::MapMeta> meta_for_verifier(const std::shared_ptr<map::Map>& map) {
  map::MapMeta& meta = *map->shared_meta();
  meta.frozen = map->frozen();
  const bool whole = map::guarded(0, [&]() -> long {
    if (meta.user_vm_start == 0) meta.user_vm_start = map::load_relaxed(map->trailer().user_vm_start);
    // The verifier reads constants from here; a file that was cut off must not be what ends it.
    for (u64 at = 0; at < meta.direct_value.size(); at += map::kPageSize) map::load_relaxed(meta.direct_value[at]);
    return 1;
  });
  if (!whole) meta.direct_value = {};
  return std::shared_ptr<const map::MapMeta>(map, &meta);  // the values live as long as the meta
}

std::shared_ptr<const verifier::ProgBtf> types_for_verifier(const std::shared_ptr<const BtfObject>& btf) {
  return std::shared_ptr<const verifier::ProgBtf>(btf, &btf->types);
}

std::shared_ptr<verifier::VerifiedProgram> verified_program(const verifier::Program& program,
                                                            const verifier::Verdict& verdict, u32 id) {
  auto verified = std::make_shared<verifier::VerifiedProgram>();
  verified->program = program;
  verified->subprog_starts = verdict.subprog_starts;
  verified->funcs = verdict.funcs;
  verified->exception_cb_subprog = verdict.exception_cb_subprog;
  verified->id = id;
  const verifier::InfoBlob& blob = program.func_info;
  for (u32 i = 0; i < blob.cnt && blob.bytes.size() >= u64(i + 1) * blob.rec_size; ++i) {
    btf::FuncInfo info;
    std::memcpy(&info, blob.bytes.data() + u64(i) * blob.rec_size, sizeof(info));
    verified->func_info.push_back(info);
  }
  return verified;
}

Result<std::shared_ptr<const verifier::VerifiedProgram>> verify_image(Kernel& kernel, ProgObject& prog) {
  const auto program = program_of(kernel, prog);
  if (!program.ok()) return program.status();
  verifier::Verdict verdict = verify_again(kernel, prog, *program, verifier_options(kernel.config().caps));
  if (verdict.error) return error_status(EINVAL, "a program that another process loaded");
  prog.used_maps = std::move(verdict.used_maps);
  return std::shared_ptr<const verifier::VerifiedProgram>(verified_program(*program, verdict, prog.id()));
}

Result<std::shared_ptr<const verifier::ExecFacts>> facts_of(Kernel& kernel, ProgObject& prog) {
  const auto program = program_of(kernel, prog);
  if (!program.ok()) return program.status();
  verifier::Options options = verifier_options(kernel.config().caps);
  options.keep_facts = true;
  verifier::Verdict verdict = verify_again(kernel, prog, *program, options);
  if (verdict.error) return error_status(EINVAL, "a program whose maps have changed");
  return std::move(verdict.facts);
}

Result<Recording> record_states(Kernel& kernel, ProgObject& prog) {
  const auto program = program_of(kernel, prog);
  if (!program.ok()) return program.status();
  engine::StateRecorder recorder;
  verifier::Options options = verifier_options(kernel.config().caps);
  options.observer = &recorder;
  options.all_precise = true;
  const verifier::Verdict verdict = verify_again(kernel, prog, *program, options);
  Recording recording{.states = nullptr, .error = verdict.error, .why = {}};
  if (verdict.rejection) recording.why = verdict.rejection->line;
  if (!verdict.error) recording.states = recorder.take();
  return recording;
}

}  // namespace skep::sys
