#include "program/executor.h"

#include <mutex>

#include "runtime/parallel/pool.h"
#include "runtime/parallel/thread.h"

namespace gradtape {

namespace {

constexpr int64_t kStackBytes = int64_t{8} << 20;

/// One of the executor's threads. Each sleeps on its own word, because condition variables of glibc before
/// 2.41 may lose a wakeup if several threads wait (glibc bug 25847), and a job would stay in the queue until
/// the next one is submitted.
struct ExecutorThread {
  std::atomic<uint32_t> asleep = 0;
  ExecutorThread* next = nullptr;  // in the list of sleeping threads
};

/// Invariant: while jobs are queued and may run, at least one thread is on its way to the queue. submit()
/// wakes or starts one, and so does each thread that takes a job and leaves others.
struct Executor {
  std::mutex mutex;
  Job* first = nullptr;
  Job* last = nullptr;
  ExecutorThread* sleeping = nullptr;  // a stack: the last to fall asleep is woken first
  int threads = 0;
  int busy = 0;
};

/// Never destroyed, because its threads end only with the process.
Executor& executor() {
  static Executor& e = *new Executor;
  return e;
}

/// Wakes a sleeping thread, if there is one.
void wake_one(Executor& e) {
  ExecutorThread* thread = e.sleeping;
  if (thread == nullptr) return;
  e.sleeping = thread->next;
  thread->asleep.store(0, std::memory_order_release);
  wake(thread->asleep);
}

/// Waits until there is a job for this thread.
void await_job(Executor& e, ExecutorThread& self, std::unique_lock<std::mutex>& lock) {
  while (e.first == nullptr || e.busy >= num_threads()) {
    self.asleep.store(1, std::memory_order_relaxed);
    self.next = e.sleeping;
    e.sleeping = &self;
    lock.unlock();
    while (self.asleep.load(std::memory_order_acquire) == 1) sleep_while(self.asleep, 1);
    lock.lock();
  }
}

void thread_main(int) {
  Executor& e = executor();
  ExecutorThread self;
  std::unique_lock lock(e.mutex);
  for (;;) {
    await_job(e, self, lock);
    Job* job = e.first;
    e.first = job->next;
    JobOwner* owner = job->owner;
    owner->running.fetch_add(1, std::memory_order_relaxed);
    e.busy++;
    if (e.first != nullptr && e.busy < num_threads()) wake_one(e);
    lock.unlock();
    job->result = job->program->run(job->storages, job->scalars, job->from, job->to, &owner->closing);
    job->done(job);
    lock.lock();
    e.busy--;
    // An owner that waits for this may be deleted as soon as the mutex is released.
    if (owner->running.fetch_sub(1, std::memory_order_release) == 1 &&
        owner->closing.load(std::memory_order_relaxed)) {
      wake(owner->running);
    }
  }
}

}  // namespace

bool submit(Job* job) {
  Executor& e = executor();
  const std::lock_guard lock(e.mutex);
  if (e.sleeping == nullptr && e.threads < num_threads()) {
    if (start_thread(thread_main, 0, kStackBytes)) e.threads++;
    if (e.threads == 0) return false;
  }
  job->next = nullptr;
  (e.first == nullptr ? e.first : e.last->next) = job;
  e.last = job;
  wake_one(e);
  return true;
}

Job* close_owner(JobOwner* owner) {
  Executor& e = executor();
  std::unique_lock lock(e.mutex);
  owner->closing.store(true, std::memory_order_relaxed);
  Job* dropped = nullptr;
  Job** tail = &dropped;
  Job* kept = nullptr;
  for (Job** at = &e.first; *at != nullptr;) {
    Job* job = *at;
    if (job->owner != owner) {
      kept = job;
      at = &job->next;
      continue;
    }
    *at = job->next;
    job->next = nullptr;
    *tail = job;
    tail = &job->next;
  }
  e.last = kept;
  while (const uint32_t n = owner->running.load(std::memory_order_acquire)) {
    lock.unlock();
    sleep_while(owner->running, n);
    lock.lock();
  }
  return dropped;
}

}  // namespace gradtape
