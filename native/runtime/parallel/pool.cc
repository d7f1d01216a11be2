// The thread pool.
//
// A parallel region is published by incrementing one epoch that all workers watch. Worker i claims block i +
// 1 by a compare-and-swap on its own state; the caller works on block 0 and then claims every block that has
// not been started. So a caller never waits for a thread that has yet to wake or be scheduled, and a worker
// that comes too late does not access anything of a finished region.
//
// Workers spin for a bounded time after a region and then sleep; the caller's wait for running blocks is
// bounded likewise. `asleep` and the epoch, and `awaited` and the state, are Dekker-style handshakes: each
// side writes its own word, then reads the other's. The write is an exchange, which is a full fence. A
// sequentially consistent store did not suffice under emulators such as QEMU, where a later load passed it
// and a caller was never woken. On x86-64 such a store is an exchange anyway.
//
// Everything is in static storage without destructors and the workers are detached, so that
// neither the end of the process nor that of a JavaScript environment waits for anything here.
#include "runtime/parallel/pool.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "runtime/parallel/thread.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace gradtape {

namespace {

/// How long a worker polls for the next region, and a caller for the end of one, before it sleeps.
constexpr int64_t kSpinNanoseconds = 50'000;
/// Waking a thread takes 12–40 µs, about ten times as long as a grain: it must have that much more to do.
constexpr int64_t kColdFactor = 8;
/// When this many grains have run inline in quick succession because the workers were asleep, the next region
/// wakes them.
constexpr int64_t kDebtLimit = 64;
constexpr int64_t kDebtGapNanoseconds = 100'000;
constexpr int64_t kStackBytes = int64_t{2} << 20;

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Spins until done() or until the time is over; returns the last done().
template <class F>
bool spin(int64_t nanoseconds, const F& done) {
  for (int i = 0; i < 16; i++) {
    if (done()) return true;
    relax();
  }
  const int64_t deadline = now() + nanoseconds;
  do {
    for (int i = 0; i < 16; i++) {
      if (done()) return true;
      relax();
    }
  } while (now() < deadline);
  return done();
}

int current_cpu() {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

/// The current region. The epoch contains its number and, in the low bits, its number of threads. The other
/// fields belong to the caller until a worker claims a block, and do not change until that block is done.
constexpr int kThreadBits = 11;
struct alignas(64) Region {
  std::atomic<uint64_t> epoch;
  std::atomic<int> caller_cpu;
  RangeFn f;
  void* context;
  int64_t n, align, base,
      extra;  // blocks have `base` units of `align` items, the first `extra` blocks one more

  void run(int64_t block) const {
    const int64_t begin = (block * base + (block < extra ? block : extra)) * align;
    const int64_t end = begin + (base + (block < extra)) * align;
    f(context, begin, end < n ? end : n);
  }
};
static_assert(kMaxThreads < 1 << kThreadBits);

struct alignas(128) Worker {
  std::atomic<uint64_t>
      state;  // 2r: it is running its block of region r; 2r + 1: that block is done, by any thread
  std::atomic<uint32_t> asleep;   // 1: sleeping on this word, or about to; 2: woken; 0: awake
  std::atomic<uint32_t> awaited;  // 1 while a caller sleeps on this word
};

constinit Region g_region = {};
constinit Worker g_workers[kMaxThreads - 1] = {};

/// Held by the caller whose region is running; guards the variables below.
alignas(64) constinit std::atomic<bool> g_busy = false;
constinit int g_started = 0;
constinit uint64_t g_number = 0;
constinit int64_t g_debt = 0;
constinit int64_t g_last_debt = 0;

constinit std::atomic<int> g_threads = 0;  // 0 until first requested
constinit std::atomic<const char*> g_threads_error = nullptr;
constinit int g_cpus = 1;  // at the start of the first worker

constinit thread_local bool t_in_region = false;

#if defined(__linux__)
constinit cpu_set_t g_allowed = {};
constinit thread_local bool t_cpu_excluded = false;  // its affinity excludes the caller's CPU
#endif

int allowed_cpus() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n > 0 ? static_cast<int>(n) : 1;
}

/// A worker that spins on the caller's CPU delays the caller, and the load balancer does not separate them:
/// the worker removes that CPU from its own affinity mask.
void exclude_cpu(int cpu) {
#if defined(__linux__)
  if (cpu < 0 || cpu >= CPU_SETSIZE || cpu != sched_getcpu() || !CPU_ISSET(cpu, &g_allowed)) return;
  cpu_set_t set = g_allowed;
  CPU_CLR(cpu, &set);
  if (CPU_COUNT(&set) > 0) t_cpu_excluded = sched_setaffinity(0, sizeof set, &set) == 0;
#else
  (void)cpu;
#endif
}

/// Restores the affinity before a worker sleeps. The caller may have moved meanwhile: a worker that is barred
/// from the caller's former CPU could be woken on its current one, and wait there.
void restore_affinity() {
#if defined(__linux__)
  if (t_cpu_excluded && sched_setaffinity(0, sizeof g_allowed, &g_allowed) == 0) t_cpu_excluded = false;
#endif
}

/// Wakes a worker if it sleeps.
void wake_worker(Worker& worker) {
  uint32_t asleep = 1;
  if (worker.asleep.load(std::memory_order_seq_cst) == 1 &&
      worker.asleep.compare_exchange_strong(asleep, 2)) {
    wake(worker.asleep);
  }
}

/// Claims the block of `state` if it is unclaimed.
bool take(Worker& worker, uint64_t number, uint64_t state) {
  uint64_t seen = worker.state.load(std::memory_order_relaxed);
  return seen < 2 * number && worker.state.compare_exchange_strong(seen, state, std::memory_order_acquire,
                                                                   std::memory_order_relaxed);
}

[[noreturn]] void work(int index) {
  Worker& self = g_workers[index];
  t_in_region = true;
  uint64_t seen = 0;
  for (;;) {
    const auto new_region = [&] {
      const uint64_t epoch = g_region.epoch.load(std::memory_order_seq_cst);
      if (epoch == seen) return false;
      seen = epoch;
      return static_cast<int>(epoch & ((1 << kThreadBits) - 1)) > index + 1;
    };
    if (!spin(index + 1 < g_cpus ? kSpinNanoseconds : 0, new_region)) {
      restore_affinity();
      // Sets `asleep`, then reads the epoch again: the publisher increments the epoch first, then looks for
      // sleeping workers.
      do {
        self.asleep.exchange(1, std::memory_order_seq_cst);
        if (new_region()) break;
        sleep_while(self.asleep, 1);
      } while (!new_region());
      self.asleep.store(0, std::memory_order_relaxed);
      // Workers wake each other as a tree, so that the caller does not have to wake all of them.
      const int threads = static_cast<int>(seen & ((1 << kThreadBits) - 1));
      for (int child = 2 * index + 1; child <= 2 * index + 2 && child + 1 < threads; child++)
        wake_worker(g_workers[child]);
    }
    exclude_cpu(g_region.caller_cpu.load(std::memory_order_relaxed));
    const uint64_t number = seen >> kThreadBits;
    if (!take(self, number, 2 * number)) continue;
    g_region.run(index + 1);
    self.state.exchange(2 * number + 1, std::memory_order_seq_cst);
    if (self.awaited.load(std::memory_order_seq_cst) == 1 && self.awaited.exchange(0) == 1)
      wake(self.awaited);
  }
}

/// Starts workers until there are `count`, or the system refuses.
void start_workers(int count) {
  if (g_started == 0) {
    g_cpus = allowed_cpus();
#if defined(__linux__)
    if (sched_getaffinity(0, sizeof g_allowed, &g_allowed) != 0) CPU_ZERO(&g_allowed);
#endif
  }
  while (g_started < count && start_thread(work, g_started, kStackBytes)) g_started++;
}

/// The number of threads for a region of this many grains that can be split into this many ranges. g_busy
/// must be held.
int threads_for(int64_t grains, int64_t ranges) {
  int want = num_threads();
  if (grains < want) want = static_cast<int>(grains);
  if (ranges < want) want = static_cast<int>(ranges);
  if (g_started < want - 1) start_workers(want - 1);
  if (want > g_started + 1) want = g_started + 1;
  int awake = 0;
  while (awake < want - 1 && g_workers[awake].asleep.load(std::memory_order_relaxed) == 0) awake++;
  if (awake >= want - 1) return want;
  const int64_t cold = grains / kColdFactor;
  if (cold >= want) return want;
  const int64_t t = now();
  g_debt = (t - g_last_debt < kDebtGapNanoseconds ? g_debt : 0) + grains;
  g_last_debt = t;
  if (g_debt >= kDebtLimit) {
    g_debt = 0;
    return want;
  }
  return cold > awake + 1 ? static_cast<int>(cold) : awake + 1;
}

void run_region(int threads, int64_t n, RangeFn f, void* context, int64_t align) {
  const int64_t units = n / align + (n % align != 0);
  const uint64_t number = ++g_number;
  g_region.f = f;
  g_region.context = context;
  g_region.n = n;
  g_region.align = align;
  g_region.base = units / threads;
  g_region.extra = units % threads;
  g_region.caller_cpu.store(current_cpu(), std::memory_order_relaxed);
  g_region.epoch.exchange(number << kThreadBits | static_cast<uint64_t>(threads), std::memory_order_seq_cst);
  // A sleeping worker whose parent in the tree is asleep, too, is woken by the parent.
  for (int i = 0; i < threads - 1; i++) {
    if (i == 0 || g_workers[(i - 1) / 2].asleep.load(std::memory_order_relaxed) == 0)
      wake_worker(g_workers[i]);
  }
  g_region.run(0);
  for (int i = 0; i < threads - 1; i++) {
    if (take(g_workers[i], number, 2 * number + 1)) g_region.run(i + 1);
  }
  for (int i = 0; i < threads - 1; i++) {
    Worker& worker = g_workers[i];
    const auto done = [&] { return worker.state.load(std::memory_order_seq_cst) == 2 * number + 1; };
    if (spin(kSpinNanoseconds, done)) continue;
    do {
      worker.awaited.exchange(1, std::memory_order_seq_cst);
      if (!done()) sleep_while(worker.awaited, 1);
    } while (!done());
    worker.awaited.store(0, std::memory_order_relaxed);
  }
}

int clamp_threads(int64_t n) { return static_cast<int>(n < 1 ? 1 : n > kMaxThreads ? kMaxThreads : n); }

int first_num_threads() {
  const char* text = getenv("GRADTAPE_NUM_THREADS");
  if (text != nullptr && text[0] != '\0') {
    char* end = nullptr;
    const long n = strtol(text, &end, 10);
    if (*end == '\0' && n >= 1 && n <= kMaxThreads) return static_cast<int>(n);
    g_threads_error = "is not a whole number from 1 to 1024";
  }
  return clamp_threads(allowed_cpus());
}

}  // namespace

void parallel_for_grains(int64_t n, int64_t grains, RangeFn f, void* context, int64_t align) {
  if (n <= 0) return;
  if (align < 1) align = 1;
  const int64_t units = n / align + (n % align != 0);
  if (grains >= 2 && units >= 2 && !t_in_region && num_threads() > 1 &&
      !g_busy.exchange(true, std::memory_order_acquire)) {
    const int threads = threads_for(grains, units);
    if (threads > 1) {
      t_in_region = true;
      run_region(threads, n, f, context, align);
      t_in_region = false;
      g_busy.store(false, std::memory_order_release);
      return;
    }
    g_busy.store(false, std::memory_order_release);
  }
  f(context, 0, n);
}

void parallel_for(int64_t n, int64_t grain, RangeFn f, void* context, int64_t align) {
  parallel_for_grains(n, n / (grain < 1 ? 1 : grain), f, context, align);
}

int num_threads() {
  const int n = g_threads.load(std::memory_order_relaxed);
  if (n > 0) return n;
  int unset = 0;
  g_threads.compare_exchange_strong(unset, first_num_threads(), std::memory_order_relaxed);
  return g_threads.load(std::memory_order_relaxed);
}

void set_num_threads(int n) {
  num_threads();
  g_threads.store(clamp_threads(n), std::memory_order_relaxed);
}

const char* num_threads_error() {
  num_threads();
  return g_threads_error.load(std::memory_order_relaxed);
}

}  // namespace gradtape
