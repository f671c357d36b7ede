// How many objects and references there are in the heap of a namespace, and its address: kobj_count FOLDER.
#include <cstdio>
#include <string>

#include "engine/kobj/heap.h"

int main(int argc, char** argv) {
  const auto heap = skep::engine::Heap::in_file(std::string(argc > 1 ? argv[1] : ".") + "/heap");
  if (!heap->exists()) return std::puts("0 0 0"), 0;
  if (heap->error() != 0) return std::printf("error %d\n", heap->error()), 1;
  const auto totals = heap->count();
  std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(totals.objects),
              static_cast<unsigned long long>(totals.references), static_cast<unsigned long long>(heap->base()));
  return 0;
}
