// Runs programs off the event loop.
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "addon/program_call.h"
#include "program/executor.h"

namespace gradtape {

namespace {

struct AsyncJob;
void report_result(Napi::Env env, Napi::Function, AsyncJobs* jobs, AsyncJob* job);
/// Through this the executor's threads reach the event loop.
using ResultFunction = Napi::TypedThreadSafeFunction<AsyncJobs, AsyncJob, report_result>;

struct AsyncJob : Job {
  AsyncJobs* jobs;
  Napi::ObjectReference held;  // an array that keeps the callback and the buffers alive
  std::vector<Range> own_storages;
  std::vector<double> own_scalars;
};

/// Deletes a job on another thread or after its environment ended: the reference is not released, it ended
/// with the environment.
void drop(AsyncJob* job) {
  job->held.SuppressDestruct();
  delete job;
}

}  // namespace

/// The jobs of one environment.
struct AsyncJobs {
  JobOwner owner;
  ResultFunction result_function;
  int64_t pending = 0;  // the event loop stays alive while this is not 0
};

namespace {

/// On the event loop; `env` is null if the environment has ended.
void report_result(Napi::Env env, Napi::Function, AsyncJobs* jobs, AsyncJob* job) {
  if (static_cast<napi_env>(env) == nullptr) return drop(job);
  const std::unique_ptr<AsyncJob> done(job);
  if (--jobs->pending == 0) jobs->result_function.Unref(env);
  const Napi::Value callback = job->held.Value().Get(uint32_t{0});
  // The environment is being torn down; using an empty value would abort the process.
  if (callback.IsEmpty()) return;
  Napi::Value error = env.Undefined();
  if (job->result.error != nullptr) error = range_error(env, job->result.error).Value();
  callback.As<Napi::Function>().Call(
      {Napi::Number::New(env, static_cast<double>(job->result.stopped)), error});
}

/// On the executor's thread.
void job_done(Job* job) noexcept {
  AsyncJob* const mine = static_cast<AsyncJob*>(job);
  if (mine->jobs->result_function.NonBlockingCall(mine) != napi_ok) drop(mine);
}

/// Called when an environment ends: its buffers are freed, so nothing may write to them any more. Hooks run
/// in reverse order, so this one runs before that of the threadsafe function.
void close_jobs(AsyncJobs* jobs) {
  for (Job* job = close_owner(&jobs->owner); job != nullptr;) {
    drop(static_cast<AsyncJob*>(std::exchange(job, job->next)));
  }
}

/// Null, without an exception, if the system cannot create one.
AsyncJobs* jobs_of(Napi::Env env, Instance* instance) {
  if (instance->async != nullptr) return instance->async;
  std::unique_ptr<AsyncJobs> jobs(new (std::nothrow) AsyncJobs);
  if (jobs == nullptr) return nullptr;
  const auto end = [](Napi::Env, AsyncJobs* ended, AsyncJobs*) { delete ended; };
  jobs->result_function = ResultFunction::New(env, "gradtape", 0, 1, jobs.get(), end, jobs.get());
  if (env.IsExceptionPending()) {
    env.GetAndClearPendingException();
    return nullptr;
  }
  jobs->result_function.Unref(env);
  env.AddCleanupHook(close_jobs, jobs.get());
  return instance->async = jobs.release();
}

/// startProgram(done, table, ...storages): like runProgram, on another thread. Then done(stopped, error) is
/// called on the event loop: stopped is −1 after the last instruction; error is what runProgram would throw.
/// References to the storages are held, and nobody may detach them during the run; only the library has
/// access to them.
napi_value start_program(napi_env env, napi_callback_info info) {
  ProgramCall call(env, info, 1);
  if (call.error != nullptr) return refuse(env, call.error);
  const Napi::Value callback(env, call.args[0]);
  if (!callback.IsFunction()) return refuse(env, "the callback is not a function");
  const int64_t n = call.program->storage_count(), scalars = call.program->scalar_count();
  AsyncJobs* jobs = jobs_of(env, call.instance);
  std::unique_ptr<AsyncJob> job(new (std::nothrow) AsyncJob{});
  if (jobs == nullptr || job == nullptr) return refuse(env, kNoMemory);
  job->own_storages.assign(call.ranges, call.ranges + n);
  job->own_scalars.assign(call.scalars, call.scalars + scalars);
  Napi::Array held = Napi::Array::New(env, static_cast<size_t>(n) + 1);
  held.Set(uint32_t{0}, callback);
  for (int64_t i = 0; i < n; i++) held.Set(static_cast<uint32_t>(i + 1), call.storages[i]);
  job->held = Napi::Persistent(held.As<Napi::Object>());
  if (job->held.IsEmpty()) return nullptr;  // the environment is being torn down
  job->jobs = jobs;
  job->owner = &jobs->owner;
  job->program = call.instance->programs[call.number];
  job->storages = job->own_storages.data();
  job->scalars = job->own_scalars.data();
  job->from = call.from;
  job->to = call.to;
  job->done = job_done;
  if (!submit(job.get())) return refuse(env, "the system has no thread for a program off the event loop");
  (void)job.release();
  if (jobs->pending++ == 0) jobs->result_function.Ref(env);
  return nullptr;
}

}  // namespace

void define_async(Napi::Object exports, Instance* instance) {
  define_entry(exports, "startProgram", start_program, instance, false);
}

}  // namespace gradtape
