// Threads that run programs off the event loop.
//
// The threads belong to the process; jobs belong to an owner (an environment of Node), which may end at any
// time. Jobs start in the order of submission, at most as many at a time as the pool may use threads. Their
// kernels use the thread pool like any other caller.
#pragma once
#include "program/run.h"

namespace gradtape {

/// Who submits jobs.
struct JobOwner {
  std::atomic<bool> closing = false;
  std::atomic<uint32_t> running = 0;  // running jobs; used by the executor only
};

/// One run of a program.
struct Job {
  JobOwner* owner;
  std::shared_ptr<const Program> program;
  const Range* storages;
  const double* scalars;
  int64_t from, to;
  ProgramResult result;
  /// Called on the executor's thread when the result is available. The executor does not access the job after
  /// that.
  void (*done)(Job*) noexcept;
  Job* next;  // used by the executor only
};

/// Queues a job. False, without effect, if the system cannot start a thread.
bool submit(Job* job);

/// Cancels an owner's jobs: returns when none of them is running (each stops after its current instruction),
/// with the list of those that never started. `done` is not called for these.
Job* close_owner(JobOwner* owner);

}  // namespace gradtape
