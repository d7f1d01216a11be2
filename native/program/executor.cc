#include "executor.h"

#include <condition_variable>
#include <mutex>

#include "../runtime/pool.h"
#include "../runtime/thread.h"

namespace gradtape {

namespace {

constexpr int64_t kStackBytes = int64_t{8} << 20;

struct Executor {
  std::mutex mutex;
  std::condition_variable work;   // a job has come, or one has ended
  std::condition_variable ended;  // an owner that closes waits for its last job
  Job* first = nullptr;
  Job* last = nullptr;
  int queued = 0;
  int threads = 0;
  int busy = 0;
  int idle = 0;
};

/// Never destroyed: its threads outlive everything.
Executor& executor() {
  static Executor& e = *new Executor;
  return e;
}

void serve(int) {
  Executor& e = executor();
  std::unique_lock lock(e.mutex);
  for (;;) {
    e.idle++;
    e.work.wait(lock, [&] { return e.first != nullptr && e.busy < num_threads(); });
    e.idle--;
    Job* job = e.first;
    e.first = job->next;
    if (e.first == nullptr) e.last = nullptr;
    e.queued--;
    JobOwner* owner = job->owner;
    owner->under_way++;
    e.busy++;
    lock.unlock();
    job->result = job->program->run(job->storages, job->late, job->from, job->to, &owner->closing);
    job->done(job);
    lock.lock();
    e.busy--;
    if (--owner->under_way == 0 && owner->closing.load(std::memory_order_relaxed)) e.ended.notify_all();
    if (e.first != nullptr) e.work.notify_one();
  }
}

}  // namespace

bool submit(Job* job) {
  Executor& e = executor();
  const std::lock_guard lock(e.mutex);
  if (e.idle <= e.queued && e.threads < num_threads()) {
    if (start_thread(serve, 0, kStackBytes)) e.threads++;
    if (e.threads == 0) return false;
  }
  job->next = nullptr;
  (e.first == nullptr ? e.first : e.last->next) = job;
  e.last = job;
  e.queued++;
  e.work.notify_one();
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
    e.queued--;
    job->next = nullptr;
    *tail = job;
    tail = &job->next;
  }
  e.last = kept;
  e.ended.wait(lock, [&] { return owner->under_way == 0; });
  return dropped;
}

}  // namespace gradtape
