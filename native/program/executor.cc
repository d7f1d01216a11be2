#include "program/executor.h"

#include <mutex>

#include "runtime/parallel/pool.h"
#include "runtime/parallel/thread.h"

namespace gradtape {

namespace {

constexpr int64_t kStackBytes = int64_t{8} << 20;

/// One of the threads. It sleeps on a word of its own, since condition variables lose a call now and then
/// where several threads wait: those of glibc before 2.41 (its bug 25847). The job would stay in the queue
/// until the next one comes.
struct Server {
  std::atomic<uint32_t> asleep = 0;
  Server* next = nullptr;  // of those that sleep
};

/// While jobs are queued and threads allowed to run them, a thread is on its way to the queue: submit() calls
/// or starts one, and so does each that takes a job and leaves others.
struct Executor {
  std::mutex mutex;
  Job* first = nullptr;
  Job* last = nullptr;
  Server* sleeping = nullptr;  // the last to fall asleep is the first to be called
  int threads = 0;
  int busy = 0;
};

/// Never destroyed: its threads outlive everything.
Executor& executor() {
  static Executor& e = *new Executor;
  return e;
}

/// Wakes a sleeping thread, if there is one.
void call_one(Executor& e) {
  Server* server = e.sleeping;
  if (server == nullptr) return;
  e.sleeping = server->next;
  server->asleep.store(0, std::memory_order_release);
  wake(server->asleep);
}

/// Waits until there is a job for the thread.
void await_job(Executor& e, Server& self, std::unique_lock<std::mutex>& lock) {
  while (e.first == nullptr || e.busy >= num_threads()) {
    self.asleep.store(1, std::memory_order_relaxed);
    self.next = e.sleeping;
    e.sleeping = &self;
    lock.unlock();
    while (self.asleep.load(std::memory_order_acquire) == 1) sleep_while(self.asleep, 1);
    lock.lock();
  }
}

void serve(int) {
  Executor& e = executor();
  Server self;
  std::unique_lock lock(e.mutex);
  for (;;) {
    await_job(e, self, lock);
    Job* job = e.first;
    e.first = job->next;
    JobOwner* owner = job->owner;
    owner->under_way.fetch_add(1, std::memory_order_relaxed);
    e.busy++;
    if (e.first != nullptr && e.busy < num_threads()) call_one(e);
    lock.unlock();
    job->result = job->program->run(job->storages, job->scalars, job->from, job->to, &owner->closing);
    job->done(job);
    lock.lock();
    e.busy--;
    // An owner that waits for this may be gone when the mutex is free.
    if (owner->under_way.fetch_sub(1, std::memory_order_release) == 1 &&
        owner->closing.load(std::memory_order_relaxed)) {
      wake(owner->under_way);
    }
  }
}

}  // namespace

bool submit(Job* job) {
  Executor& e = executor();
  const std::lock_guard lock(e.mutex);
  if (e.sleeping == nullptr && e.threads < num_threads()) {
    if (start_thread(serve, 0, kStackBytes)) e.threads++;
    if (e.threads == 0) return false;
  }
  job->next = nullptr;
  (e.first == nullptr ? e.first : e.last->next) = job;
  e.last = job;
  call_one(e);
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
  while (const uint32_t n = owner->under_way.load(std::memory_order_acquire)) {
    lock.unlock();
    sleep_while(owner->under_way, n);
    lock.lock();
  }
  return dropped;
}

}  // namespace gradtape
