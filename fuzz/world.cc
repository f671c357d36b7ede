// The world as text. All maps together stay far below 16 MiB.
#include "fuzz/world.h"

#include <cerrno>

namespace skep::fuzz {
namespace {

constexpr std::string_view kText = R"(
;; STRUCT bpf_spin_lock { u32 val; }
;; STRUCT bpf_res_spin_lock { u32 val; }
;; STRUCT bpf_timer { u64 opaque[2]; }
;; STRUCT bpf_wq { u64 opaque[2]; }
;; STRUCT bpf_task_work { u64 opaque; }
;; STRUCT bpf_list_head { u64 opaque[2]; }
;; STRUCT bpf_list_node { u64 opaque[3]; }
;; STRUCT bpf_rb_root { u64 opaque[2]; }
;; STRUCT bpf_rb_node { u64 opaque[4]; }
;; STRUCT bpf_refcount { u32 opaque; }
;; STRUCT bpf_dynptr { u64 opaque[2]; }
;; STRUCT task_struct { int x; }
;; STRUCT cgroup { int x; }
;; STRUCT bpf_cpumask { int x; }
;; STRUCT plain { u64 a; u32 b; u32 c; }
;; STRUCT list_item { u64 key; struct bpf_list_node node; u64 more; }
;; STRUCT tree_item { u64 key; struct bpf_rb_node node; u64 more; }
;; STRUCT both_item { u64 key; struct bpf_list_node l; struct bpf_rb_node r; struct bpf_refcount ref; }
;; STRUCT counted { u64 key; struct bpf_refcount ref; }
;; STRUCT holder { u64 key; struct task_struct __kptr *task; struct plain __kptr *plain; }
;; STRUCT locked_value { struct bpf_spin_lock lock; int count; u64 data; }
;; STRUCT timer_value { struct bpf_timer timer; u64 data; }
;; STRUCT graph_value { struct bpf_spin_lock lock; int count; struct bpf_list_head list; struct bpf_rb_root tree; struct bpf_list_head blist; struct bpf_rb_root btree; u64 data; }
;; STRUCT kptr_value { u64 data; struct task_struct __kptr_untrusted *raw; struct task_struct __kptr *task; struct cgroup __kptr *cgroup; struct bpf_cpumask __kptr *mask; struct plain __kptr *plain; struct plain __percpu_kptr *percpu; struct both_item __kptr *both; }
;; STRUCT res_value { struct bpf_res_spin_lock lock; int count; struct bpf_list_head list; u64 data; }
;; STRUCT work_value { struct bpf_wq wq; struct bpf_task_work work; u64 data; }
;; MAP array array key=4 value=48 max=4
;; MAP hash hash key=8 value=16 max=8
;; MAP percpu_array percpu_array key=4 value=16 max=2
;; MAP ringbuf ringbuf max=4096
;; MAP prog_array prog_array key=4 value=4 max=4
;; MAP lru_hash lru_hash key=4 value=64 max=8
;; MAP queue queue value=8 max=4
;; MAP stack stack value=16 max=4
;; MAP bloom bloom_filter value=8 max=4
;; MAP read_only array key=4 value=16 max=1 flags=rdonly_prog
;; MAP inner array key=4 value=48 max=4
;; MAP array_of_maps array_of_maps key=4 value=4 max=4 inner=inner
;; MAP locked array key=4 value=16 max=2 type=locked_value
;; MAP timer array key=4 value=24 max=2 type=timer_value
;; MAP perf_events perf_event_array key=4 value=4 max=2
;; MAP devmap devmap key=4 value=4 max=2
;; MAP cpumap cpumap key=4 value=4 max=2
;; MAP xskmap xskmap key=4 value=4 max=2
;; MAP lpm lpm_trie key=8 value=16 max=4 flags=no_prealloc
;; MAP hash_of_maps hash_of_maps key=8 value=4 max=4 inner=inner
;; MAP sockmap sockmap key=4 value=4 max=2
;; MAP stack_trace stack_trace key=4 value=64 max=2
;; MAP big_array array key=4 value=4096 max=1
;; MAP graph array key=4 value=80 max=2 type=graph_value
;; MAP kptrs array key=4 value=64 max=2 type=kptr_value
;; MAP res_locked array key=4 value=32 max=2 type=res_value
;; MAP work array key=4 value=32 max=2 type=work_value
;; MAP arena arena max=4 flags=mmapable extra=0x100000000000
;; MAP user_ring user_ringbuf max=4096
;; FUNC static int stat(void *ctx)
;; FUNC global int two(int a, u64 b)
;; FUNC global int mem(int *p)
;; FUNC global int nothing(void)
;; FUNC global int with_ctx(int *p, u64 a)
;; FUNC global int nonnull(int *p)
;; FUNC global int ctx_arg(void *ctx)
;; FUNC global int trusted(struct task_struct *t)
;; FUNC global int maybe(struct task_struct *t)
;; FUNC global int untrusted(struct task_struct *t)
;; FUNC global int dynptr_arg(struct bpf_dynptr *d)
;; FUNC global int arena_arg(void *p)
;; FUNC global int handler(u64 cookie)
;; FUNC static int throws(void *ctx)
;; TAG graph_value 2 contains:list_item:node
;; TAG graph_value 3 contains:tree_item:node
;; TAG graph_value 4 contains:both_item:l
;; TAG graph_value 5 contains:both_item:r
;; TAG res_value 2 contains:list_item:node
;; TAG nonnull 0 arg:nonnull
;; TAG ctx_arg 0 arg:ctx
;; TAG trusted 0 arg:trusted
;; TAG maybe 0 arg:trusted
;; TAG maybe 0 arg:nullable
;; TAG untrusted 0 arg:untrusted
;; TAG arena_arg 0 arg:arena
;; TAG throws 4294967295 exception_callback:handler
)";

constexpr const char* kKfuncNames[] = {"bpf_iter_num_new",
                                       "bpf_iter_num_next",
                                       "bpf_iter_num_destroy",
                                       "bpf_iter_bits_new",
                                       "bpf_iter_bits_next",
                                       "bpf_iter_bits_destroy",
                                       "bpf_iter_task_new",
                                       "bpf_iter_task_next",
                                       "bpf_iter_task_destroy",
                                       "bpf_iter_css_new",
                                       "bpf_iter_css_next",
                                       "bpf_iter_css_destroy",
                                       "bpf_iter_task_vma_new",
                                       "bpf_iter_task_vma_next",
                                       "bpf_iter_task_vma_destroy",
                                       "bpf_rcu_read_lock",
                                       "bpf_rcu_read_unlock",
                                       "bpf_preempt_disable",
                                       "bpf_preempt_enable",
                                       "bpf_local_irq_save",
                                       "bpf_local_irq_restore",
                                       "bpf_res_spin_lock",
                                       "bpf_res_spin_unlock",
                                       "bpf_res_spin_lock_irqsave",
                                       "bpf_res_spin_unlock_irqrestore",
                                       "bpf_task_from_pid",
                                       "bpf_task_acquire",
                                       "bpf_task_release",
                                       "bpf_task_under_cgroup",
                                       "bpf_cgroup_from_id",
                                       "bpf_cgroup_acquire",
                                       "bpf_cgroup_release",
                                       "bpf_cgroup_ancestor",
                                       "bpf_cpumask_create",
                                       "bpf_cpumask_acquire",
                                       "bpf_cpumask_release",
                                       "bpf_cpumask_set_cpu",
                                       "bpf_cpumask_first",
                                       "bpf_cpumask_and",
                                       "bpf_dynptr_slice",
                                       "bpf_dynptr_slice_rdwr",
                                       "bpf_dynptr_size",
                                       "bpf_dynptr_adjust",
                                       "bpf_dynptr_is_null",
                                       "bpf_dynptr_is_rdonly",
                                       "bpf_dynptr_clone",
                                       "bpf_dynptr_copy",
                                       "bpf_dynptr_memset",
                                       "bpf_dynptr_from_skb",
                                       "bpf_dynptr_from_xdp",
                                       "bpf_obj_new_impl",
                                       "bpf_obj_drop_impl",
                                       "bpf_percpu_obj_new_impl",
                                       "bpf_percpu_obj_drop_impl",
                                       "bpf_refcount_acquire_impl",
                                       "bpf_list_push_front_impl",
                                       "bpf_list_push_back_impl",
                                       "bpf_list_pop_front",
                                       "bpf_list_pop_back",
                                       "bpf_list_front",
                                       "bpf_list_back",
                                       "bpf_rbtree_add_impl",
                                       "bpf_rbtree_remove",
                                       "bpf_rbtree_first",
                                       "bpf_rbtree_root",
                                       "bpf_rbtree_left",
                                       "bpf_rbtree_right",
                                       "bpf_throw",
                                       "bpf_wq_init",
                                       "bpf_wq_set_callback_impl",
                                       "bpf_wq_start",
                                       "bpf_task_work_schedule_signal_impl",
                                       "bpf_task_work_schedule_resume_impl",
                                       "bpf_arena_alloc_pages",
                                       "bpf_arena_free_pages",
                                       "bpf_cast_to_kern_ctx",
                                       "bpf_rdonly_cast",
                                       "bpf_get_kmem_cache"};
static_assert(std::size(kKfuncNames) == kKfuncSlots);

}  // namespace

const char* kfunc_name(size_t slot) { return kKfuncNames[slot]; }

Result<World> make_world(std::shared_ptr<const btf::Btf> kernel) {
  auto text = cases::parse_case("the world", kText);
  if (!text.ok()) return text.status();
  std::map<std::string, int, std::less<>> labels;  // of functions: only their types are wanted
  for (const cases::FuncSpec& func : text->funcs) labels[func.name] = 0;
  auto types = cases::make_types(*text, labels);
  if (!types.ok()) return types.status();
  if (text->maps.size() != kMapSlots || text->funcs.size() != size_t(FuncKind::kCount))
    return error_status(EINVAL, "the world's text and its enums differ");
  World world{std::move(*text), std::move(*types), std::move(kernel), {}};
  for (const char* name : kKfuncNames) world.kfuncs.push_back(s32(world.kernel->find(name, btf::Kind::Func)));
  return world;
}

}  // namespace skep::fuzz
