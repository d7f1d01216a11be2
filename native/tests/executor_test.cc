// Programs on the executor's threads: many owners at once, beside callers of the pool, and owners that end.
#include "program/executor.h"

#include <stddef.h>
#include <string.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/matmul/matmul.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

/// c = a·b, n×n; numbers: n.
void product(ProgramStep* step) {
  const int64_t n = static_cast<int64_t>(step->numbers[0]);
  for (int i = 0; i < 3; i++) {
    if (step->buffers[i].bytes != n * n * 4) step->error = "a matrix has another size";
  }
  if (step->error != nullptr) return;
  MatmulCall call = {};
  call.a = step->buffers[0].data;
  call.b = step->buffers[1].data;
  call.c = step->buffers[2].data;
  call.m = call.n = call.k = n;
  if (!run_matmul(kernels().matmul[0], call)) step->error = "there is no memory";
}

/// x = x mod 7, in many small regions.
void reduce(ProgramStep* step) {
  float* x = reinterpret_cast<float*>(step->buffers[0].data);
  parallel_for(
      step->buffers[0].bytes / 4, 64,
      [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) x[i] -= 7 * static_cast<float>(static_cast<int>(x[i] / 7));
      },
      16);
}

/// Another result than −1.
void stop(ProgramStep* step) { step->result = 3; }

bool is_step(const void*, int entry) { return entry < 3; }

void run_step(const void*, int entry, ProgramStep* step) {
  constexpr void (*steps[])(ProgramStep*) = {product, reduce, stop};
  steps[entry](step);
}

constexpr StepTable kSteps = {nullptr, 5, 4, is_step, run_step};

std::shared_ptr<const Program> load(const std::vector<double>& code) {
  const char* error = nullptr;
  auto program = Program::load(kSteps, code.data(), static_cast<int64_t>(code.size()), 3, 0, &error);
  CHECK(program != nullptr, "the program was refused: %s", error);
  return program;
}

/// Code for c = (((a·b) mod 7)·b) mod 7 …, `rounds` of it, between two storages.
std::vector<double> pipeline(int64_t n, int rounds) {
  const double bytes = static_cast<double>(n * n * 4);
  std::vector<double> code;
  const auto add = [&](std::initializer_list<double> words) {
    code.insert(code.end(), words.begin(), words.end());
  };
  for (int i = 0; i < rounds; i++) {
    const double from = i % 2, to = 1 - i % 2;
    add({0, 3, 1, 0, 0, 0, from, 0, bytes, 2, 0, bytes, to, 0, bytes, static_cast<double>(n)});
    add({1, 1, 0, 0, 0, 0, to, 0, bytes});
  }
  return code;
}

/// The storages of one run, and how one waits for it.
struct Task {
  std::vector<float> storage[3];
  Range ranges[3];
  Job job = {};
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;

  Task(JobOwner* owner, Random& random, int64_t n, std::shared_ptr<const Program> program) {
    for (int i = 0; i < 3; i++) {
      storage[i].resize(static_cast<size_t>(n * n));
      for (float& x : storage[i]) x = static_cast<float>(random.below(5));
      ranges[i] = {reinterpret_cast<char*>(storage[i].data()), n * n * 4};
    }
    job.owner = owner;
    job.to = program->word_count();
    job.program = std::move(program);
    job.storages = ranges;
    job.done = [](Job* done) noexcept {
      Task* task = reinterpret_cast<Task*>(reinterpret_cast<char*>(done) - offsetof(Task, job));
      const std::lock_guard lock(task->mutex);
      task->ended = true;
      task->changed.notify_one();
    };
  }

  ProgramResult run_here() const { return job.program->run(ranges, nullptr, 0, job.to); }

  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended; });
  }
};

}  // namespace

TEST(executor_runs_programs) {
  set_num_threads(2);
  JobOwner owner;
  Random random(3);
  for (int64_t n : {1, 5, 64, 150}) {
    Random again = random;
    const auto program = load(pipeline(n, 5));
    Task here(&owner, again, n, program);
    const ProgramResult now = here.run_here();
    CHECK(now.stopped == -1 && now.error == nullptr, "n %d: the program ended early", static_cast<int>(n));
    Task there(&owner, random, n, program);
    CHECK(submit(&there.job), "no thread");
    there.wait();
    CHECK(there.job.result.stopped == -1, "n %d: ended early", static_cast<int>(n));
    for (int i = 0; i < 3; i++) {
      CHECK(here.storage[i] == there.storage[i], "n %d: storage %d differs", static_cast<int>(n), i);
    }
  }
  CHECK(close_owner(&owner) == nullptr, "a job was left");
}

TEST(executor_reports) {
  JobOwner owner;
  Random random(4);
  const struct {
    std::vector<double> code;
    int64_t stopped;
    bool error;
  } cases[] = {
      {{1, 1, 0, 0, 0, 0, 0, 0, 64, 2, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 64}, 9, false},
      {{0, 3, 1, 0, 0, 0, 0, 0, 64, 1, 0, 60, 2, 0, 64, 4}, 0, true},  // refused by its entry
      {{}, -1, false},
  };
  for (const auto& c : cases) {
    Task task(&owner, random, 4, load(c.code));
    CHECK(submit(&task.job), "no thread");
    task.wait();
    CHECK(task.job.result.stopped == c.stopped, "stopped at %lld instead of %lld",
          static_cast<long long>(task.job.result.stopped), static_cast<long long>(c.stopped));
    CHECK((task.job.result.error != nullptr) == c.error, "an error, or none");
  }
  close_owner(&owner);
}

/// Jobs in bursts, so that threads fall asleep between them and some are called: all of them begin, although
/// no other job comes that would call a thread too. The number of threads changes while jobs wait.
TEST(executor_calls_sleepers) {
  JobOwner owner;
  Random random(6);
  const auto program = load(pipeline(1, 1));
  std::vector<std::unique_ptr<Task>> tasks;
  for (int i = 0; i < 12; i++) tasks.push_back(std::make_unique<Task>(&owner, random, 1, program));
  const int rounds = quick() ? 300 : 5000;
  for (int round = 0; round < rounds; round++) {
    set_num_threads(1 + static_cast<int>(random.below(8)));
    const size_t count = 1 + static_cast<size_t>(random.below(12));
    for (size_t i = 0; i < count; i++) {
      tasks[i]->ended = false;
      CHECK(submit(&tasks[i]->job), "no thread");
    }
    if (round % 4 == 0) set_num_threads(1 + static_cast<int>(random.below(8)));
    for (size_t i = 0; i < count; i++) tasks[i]->wait();
    if (round % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random.below(200)));
  }
  CHECK(close_owner(&owner) == nullptr, "a job was left");
  set_num_threads(2);
}

/// Several owners with several jobs each, callers that compute by themselves, and the number of threads
/// changing.
TEST(executor_stress) {
  std::atomic<bool> end = false;
  std::atomic<int> wrong = 0, runs = 0;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; t++) {
    threads.emplace_back([&, t] {
      Random random(50 + t);
      JobOwner owner;
      while (!end) {
        const int64_t n = 1 + random.below(90);
        const auto program = load(pipeline(n, 3));
        std::vector<std::unique_ptr<Task>> tasks;
        std::vector<std::unique_ptr<Task>> expected;
        for (int i = 0; i < 4; i++) {
          Random again = random;
          tasks.push_back(std::make_unique<Task>(&owner, random, n, program));
          expected.push_back(std::make_unique<Task>(&owner, again, n, program));
          wrong += !submit(&tasks.back()->job);
        }
        // Meanwhile the same here, as a call of the event loop would.
        for (auto& task : expected) wrong += task->run_here().stopped != -1;
        for (size_t i = 0; i < tasks.size(); i++) {
          tasks[i]->wait();
          wrong += tasks[i]->job.result.stopped != -1;
          for (int s = 0; s < 3; s++) wrong += tasks[i]->storage[s] != expected[i]->storage[s];
          runs++;
        }
      }
      wrong += close_owner(&owner) != nullptr;
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; !end; i++) {
      set_num_threads(1 + i % 5);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(quick() ? 2000 : 800));
  end = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0, "%d results are wrong", wrong.load());
  CHECK(runs > 20, "only %d jobs ran", runs.load());
  set_num_threads(2);
}

/// An owner that ends in the middle of its work: what never began comes back, and nothing runs afterwards.
TEST(executor_owner_ends) {
  set_num_threads(2);
  Random random(9);
  JobOwner other;
  Task lasting(&other, random, 100, load(pipeline(100, quick() ? 20 : 200)));
  CHECK(submit(&lasting.job), "no thread");
  const auto program = load(pipeline(150, 1000));
  int all_left = 0;
  for (int round = 0; round < (quick() ? 20 : 30); round++) {
    auto owner = std::make_unique<JobOwner>();
    std::vector<std::unique_ptr<Task>> tasks;
    for (int i = 0; i < 6; i++) {
      tasks.push_back(std::make_unique<Task>(owner.get(), random, 150, program));
      CHECK(submit(&tasks.back()->job), "no thread");
    }
    if (round % 2 == 1) std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    int left = 0;
    for (Job* job = close_owner(owner.get()); job != nullptr; job = job->next) left++;
    int ended = 0;
    for (auto& task : tasks) {
      const std::lock_guard lock(task->mutex);
      if (!task->ended) continue;
      ended++;
      const char* error = task->job.result.error;
      CHECK(error == nullptr || strcmp(error, kCancelled) == 0, "a job ended otherwise: %s", error);
    }
    CHECK(left + ended == 6, "%d jobs were left, %d ended", left, ended);
    all_left += left;
    // All of it is freed here.
  }
  // How many depends on when threads get their turns: of most of the jobs nothing has begun.
  CHECK(all_left > 0, "no job was left");
  lasting.wait();
  CHECK(lasting.job.result.stopped == -1, "the job of another owner ended early");
  close_owner(&other);
}

}  // namespace gradtape::test
