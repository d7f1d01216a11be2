#include "pool.h"

namespace gradtape {

void parallel_for(int64_t n, int64_t grain, RangeFn f, void* context, int64_t align) {
  (void)grain;
  (void)align;
  if (n > 0) f(context, 0, n);
}

int num_threads() { return 1; }
void set_num_threads(int) {}

}  // namespace gradtape
