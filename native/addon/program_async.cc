// Programs off the event loop.
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "addon/program_call.h"
#include "program/executor.h"

namespace gradtape {

namespace {

struct AsyncJob;
void tell_result(Napi::Env env, Napi::Function, AsyncJobs* jobs, AsyncJob* job);
/// How the executor's threads reach the event loop.
using Tell = Napi::TypedThreadSafeFunction<AsyncJobs, AsyncJob, tell_result>;

struct AsyncJob : Job {
  AsyncJobs* jobs;
  Napi::ObjectReference held;  // an array that keeps the callback and the buffers alive
  std::vector<Range> own_storages;
  std::vector<double> own_scalars;
};

/// Deletes a job off the event loop or without its environment, which the reference goes with.
void drop(AsyncJob* job) {
  job->held.SuppressDestruct();
  delete job;
}

}  // namespace

/// The jobs of one environment.
struct AsyncJobs {
  JobOwner owner;
  Tell tell;
  int64_t pending = 0;  // the event loop stays alive while this is not 0
};

namespace {

/// On the event loop; `env` is null where that has ended.
void tell_result(Napi::Env env, Napi::Function, AsyncJobs* jobs, AsyncJob* job) {
  if (static_cast<napi_env>(env) == nullptr) return drop(job);
  const std::unique_ptr<AsyncJob> done(job);
  if (--jobs->pending == 0) jobs->tell.Unref(env);
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
  if (mine->jobs->tell.NonBlockingCall(mine) != napi_ok) drop(mine);
}

/// The end of an environment: its buffers go, so nothing may run any more that writes to them. The hook is
/// added after that of the threadsafe function, and so comes before it.
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
  jobs->tell = Tell::New(env, "gradtape", 0, 1, jobs.get(), end, jobs.get());
  if (env.IsExceptionPending()) {
    env.GetAndClearPendingException();
    return nullptr;
  }
  jobs->tell.Unref(env);
  env.AddCleanupHook(close_jobs, jobs.get());
  return instance->async = jobs.release();
}

/// startProgram(done, table, ...storages): as runProgram, on another thread; done(stopped, error) is called
/// on the event loop afterwards, with −1 after the last instruction, and where an instruction refused with
/// what runProgram throws. The storages are held; nobody may detach them as long as it runs, and nobody
/// outside the library has them.
napi_value start_program(napi_env env, napi_callback_info info) {
  ProgramCall call(env, info, 1);
  if (call.error != nullptr) return refuse(env, call.error);
  const Napi::Value callback(env, call.args[0]);
  if (!callback.IsFunction()) return refuse(env, "what is to be called afterwards is no function");
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
  if (job->held.IsEmpty()) return nullptr;  // the environment is being ended
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
  if (jobs->pending++ == 0) jobs->tell.Ref(env);
  return nullptr;
}

}  // namespace

void define_async(Napi::Object exports, Instance* instance) {
  define_entry(exports, "startProgram", start_program, instance, false);
}

}  // namespace gradtape
