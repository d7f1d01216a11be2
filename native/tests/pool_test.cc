// The thread pool: what it splits, and many callers at once.
#include "runtime/parallel/pool.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/harness.h"

namespace gradtape::test {

namespace {

/// Runs a region and checks that each item was visited once, in ranges that keep the contract.
void check_region(int64_t n, int64_t grain, int64_t align) {
  std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
  std::atomic<int> ranges = 0, ragged = 0, small = 0;
  parallel_for(
      n, grain,
      [&](int64_t begin, int64_t end) {
        ranges++;
        if (begin % align != 0 || (end % align != 0 && end != n) || begin >= end) ragged++;
        if (end - begin + align <= grain && end < n) small++;
        for (int64_t i = begin; i < end; i++) visits[static_cast<size_t>(i)]++;
        std::atomic<int64_t> inner = 0;
        parallel_for(end - begin, 1, [&](int64_t b, int64_t e) { inner += e - b; });
        if (inner != end - begin) ragged++;
      },
      align);
  for (int64_t i = 0; i < n && passing(); i++) {
    CHECK(visits[static_cast<size_t>(i)] == 1, "item %lld of %lld was visited %d times",
          static_cast<long long>(i), static_cast<long long>(n), visits[static_cast<size_t>(i)].load());
  }
  CHECK(ragged == 0, "n %lld, grain %lld, align %lld: a range is not aligned or a nested region incomplete",
        static_cast<long long>(n), static_cast<long long>(grain), static_cast<long long>(align));
  CHECK(small == 0, "a range is smaller than the grain");
  CHECK(n == 0 || (ranges >= 1 && ranges <= num_threads()), "%d ranges", ranges.load());
  CHECK(n >= 2 * grain || ranges <= 1, "work below two grains was split");
}

}  // namespace

TEST(pool_ranges) {
  Random random(1);
  for (int threads : {1, 2, 3, 5, 17}) {
    set_num_threads(threads);
    CHECK(num_threads() == threads, "%d threads instead of %d", num_threads(), threads);
    for (int64_t n : {0, 1, 2, 3, 63, 64, 65, 1000, 10'007}) check_region(n, 1, 1);
    for (int i = 0; i < (quick() ? 50 : 500) && passing(); i++) {
      check_region(random.below(3000), 1 + random.below(100), 1 + random.below(70));
    }
  }
  set_num_threads(2);
}

TEST(pool_limits) {
  set_num_threads(0);
  CHECK(num_threads() == 1, "0 threads became %d", num_threads());
  set_num_threads(1 << 30);
  CHECK(num_threads() == kMaxThreads, "2³⁰ threads became %d", num_threads());
  set_num_threads(2);
  // Sizes near the largest do not overflow: an empty body at a huge n.
  std::atomic<int64_t> total = 0;
  parallel_for(
      int64_t{1} << 52, 1 << 20, [&](int64_t begin, int64_t end) { total += end - begin; }, 64);
  CHECK(total == int64_t{1} << 52, "a huge region covers %lld", static_cast<long long>(total));
}

/// A second thread takes part once there is enough to do, also when it slept.
TEST(pool_shares) {
  set_num_threads(2);
  for (int round = 0; round < 3; round++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<bool> shared = false;
    const auto caller = std::this_thread::get_id();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!shared && std::chrono::steady_clock::now() < deadline) {
      parallel_for(100, 1, [&](int64_t begin, int64_t) {
        if (std::this_thread::get_id() != caller) shared = true;
        if (begin != 0) return;
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
        while (!shared && std::chrono::steady_clock::now() < until) {
        }
      });
    }
    CHECK(shared, "the caller worked alone");
  }
}

/// Small regions in quick succession wake the workers too.
TEST(pool_wakes_for_many_small_regions) {
  set_num_threads(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  std::atomic<bool> shared = false;
  const auto caller = std::this_thread::get_id();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!shared && std::chrono::steady_clock::now() < deadline) {
    parallel_for(4, 1, [&](int64_t, int64_t) {
      if (std::this_thread::get_id() != caller) shared = true;
      const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(5);
      while (std::chrono::steady_clock::now() < until) {
      }
    });
  }
  CHECK(shared, "the caller worked alone");
}

/// Callers on several threads, nested regions, and a thread that keeps changing the number of threads.
TEST(pool_stress) {
  std::atomic<bool> stop = false;
  std::atomic<int64_t> regions = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; t++) {
    threads.emplace_back([&, t] {
      Random random(100 + t);
      std::vector<int> visits(4000);
      while (!stop) {
        const int64_t n = random.below(4000);
        for (int64_t i = 0; i < n; i++) visits[static_cast<size_t>(i)] = 0;
        parallel_for(
            n, 1 + random.below(50),
            [&](int64_t begin, int64_t end) {
              for (int64_t i = begin; i < end; i++) visits[static_cast<size_t>(i)]++;
              std::atomic<int64_t> inner = 0;
              parallel_for(end - begin, 1, [&](int64_t b, int64_t e) { inner += e - b; });
              wrong += inner != end - begin;
            },
            1 + random.below(70));
        for (int64_t i = 0; i < n; i++) wrong += visits[static_cast<size_t>(i)] != 1;
        regions++;
        if (random.below(50) == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; !stop; i++) {
      set_num_threads(1 + i % 9);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(quick() ? 1500 : 800));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0, "%lld items were not visited exactly once", static_cast<long long>(wrong));
  CHECK(regions > 20, "only %lld regions ran", static_cast<long long>(regions));
  set_num_threads(2);
}

/// A caller that goes to sleep just when the last block ends is woken: blocks that last about as long as it
/// watches for their ends.
TEST(pool_wakes_waiting_callers) {
  set_num_threads(2);
  using Clock = std::chrono::steady_clock;
  const auto wait = [](Clock::time_point until, const std::atomic<bool>* sooner = nullptr) {
    while (Clock::now() < until && (sooner == nullptr || !*sooner)) {
    }
  };
  const auto caller = std::this_thread::get_id();
  int shared = 0;
  for (int round = 0; round < 5000; round++) {
    std::atomic<bool> begun = false;
    parallel_for(100, 1, [&](int64_t begin, int64_t) {
      if (begin == 0) {
        wait(Clock::now() + std::chrono::microseconds(200), &begun);
      } else if (std::this_thread::get_id() != caller) {
        begun = true;
        shared++;
        wait(Clock::now() + std::chrono::nanoseconds(49'000 + round % 128 * 64));
      }
    });
  }
  CHECK(shared > 0, "the caller worked alone");
}

/// Callers that come and go, as JavaScript worker threads do.
TEST(pool_short_lived_callers) {
  set_num_threads(3);
  std::atomic<int64_t> total = 0;
  const int rounds = quick() ? 50 : 300;
  for (int i = 0; i < rounds; i++) {
    std::thread([&] {
      parallel_for(1000, 10, [&](int64_t begin, int64_t end) { total += end - begin; });
    }).join();
  }
  CHECK(total == rounds * 1000, "%lld items", static_cast<long long>(total));
  set_num_threads(2);
}

}  // namespace gradtape::test
