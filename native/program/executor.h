// Threads that run programs, so that the event loop does not have to.
//
// They belong to the process; jobs belong to an owner (an environment of Node), which may end at any time.
// Jobs begin in the order in which they come, as many at a time as the pool may use threads. The regions of
// their kernels are split among the pool's threads as those of any other caller.
#pragma once
#include "program/run.h"

namespace gradtape {

/// Who submits jobs.
struct JobOwner {
  std::atomic<bool> closing = false;
  std::atomic<uint32_t> under_way = 0;  // the executor's
};

/// One run of a program.
struct Job {
  JobOwner* owner;
  std::shared_ptr<const Program> program;
  const Range* storages;
  const double* scalars;
  int64_t from, to;
  ProgramResult result;
  /// Called on the executor's thread when the result is available. From then on the executor does not touch
  /// the job.
  void (*done)(Job*) noexcept;
  Job* next;  // the executor's
};

/// Queues a job. False, without effect, if the system cannot start a thread.
bool submit(Job* job);

/// Ends an owner's work: returns when none of its jobs runs (at the end of the step that each is in), with
/// the list of those that never began. `done` is not called for these.
Job* close_owner(JobOwner* owner);

}  // namespace gradtape
