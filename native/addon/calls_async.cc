// Programs off the event loop.
#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "../program/executor.h"
#include "entries.h"
#include "program_call.h"

namespace gradtape {

/// Those of one environment.
struct AsyncJobs {
  JobOwner owner;
  napi_threadsafe_function tell = nullptr;  // how the executor's threads reach the event loop
  int64_t pending = 0;                      // while there are any, the event loop goes on
};

namespace {

struct AsyncJob : Job {
  AsyncJobs* jobs;
  napi_ref held;  // an array: the function to call, then the buffers, so that they stay
  std::vector<Range> own_storages;
  std::vector<std::shared_ptr<void>> memory;  // of the storages, wherever their buffers went
  std::vector<double> own_late;
};

/// On the event loop; `env` is null where that has ended.
void tell_result(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<AsyncJob> job(static_cast<AsyncJob*>(data));
  if (env == nullptr) return;
  if (--job->jobs->pending == 0) napi_unref_threadsafe_function(env, job->jobs->tell);
  napi_value held = nullptr, callback = nullptr, self = nullptr;
  napi_get_reference_value(env, job->held, &held);
  napi_get_element(env, held, 0, &callback);
  napi_delete_reference(env, job->held);
  napi_get_undefined(env, &self);
  napi_value args[2] = {nullptr, self};
  napi_create_double(env, static_cast<double>(job->result.stopped), &args[0]);
  if (job->result.error != nullptr) {
    napi_value code = nullptr, message = nullptr;
    napi_create_string_utf8(env, error_code(job->result.error), NAPI_AUTO_LENGTH, &code);
    napi_create_string_utf8(env, job->result.error, NAPI_AUTO_LENGTH, &message);
    napi_create_range_error(env, code, message, &args[1]);
  }
  napi_call_function(env, self, callback, 2, args, nullptr);
}

/// On the executor's thread.
void job_done(Job* job) noexcept {
  AsyncJobs* jobs = static_cast<AsyncJob*>(job)->jobs;
  if (napi_call_threadsafe_function(jobs->tell, job, napi_tsfn_nonblocking) != napi_ok) {
    delete static_cast<AsyncJob*>(job);
  }
}

/// The end of an environment: its buffers go, so nothing may run any more that writes to them. The hook is
/// added after that of the threadsafe function, and so comes before it.
void close_jobs(void* p) {
  for (Job* job = close_owner(&static_cast<AsyncJobs*>(p)->owner); job != nullptr;) {
    delete static_cast<AsyncJob*>(std::exchange(job, job->next));
  }
}

AsyncJobs* jobs_of(napi_env env, Env* state) {
  if (state->async != nullptr) return state->async;
  std::unique_ptr<AsyncJobs> jobs(new (std::nothrow) AsyncJobs);
  napi_value name = nullptr;
  napi_create_string_utf8(env, "gradtape", NAPI_AUTO_LENGTH, &name);
  if (jobs == nullptr || napi_create_threadsafe_function(
                             env, nullptr, nullptr, name, 0, 1, jobs.get(),
                             [](napi_env, void* p, void*) { delete static_cast<AsyncJobs*>(p); }, jobs.get(),
                             tell_result, &jobs->tell) != napi_ok) {
    return nullptr;
  }
  napi_unref_threadsafe_function(env, jobs->tell);
  napi_add_env_cleanup_hook(env, close_jobs, jobs.get());
  return state->async = jobs.release();
}

/// V8's `ArrayBuffer::GetBackingStore`, with handles as the Node-API has them; null where it cannot be had.
/// The Node-API has no call for it, and an addon that is linked against V8 serves one version alone. (A
/// detach key is no way: in Node 22 a transfer without it ends the process.)
using GetBackingStore = std::shared_ptr<void> (*)(napi_value buffer);

GetBackingStore get_backing_store() {
#if defined(_WIN32)
  return nullptr;
#else
  static void* const found = dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer15GetBackingStoreEv");
  return reinterpret_cast<GetBackingStore>(found);
#endif
}

/// startProgram(done, table, ...storages): as runProgram, on another thread; done(stopped, error) is called
/// on the event loop afterwards, with −1 after the last instruction, and where an instruction refused with
/// what runProgram throws. The storages are held; nobody may detach them as long as it runs.
napi_value start_program(napi_env env, napi_callback_info info) {
  ProgramCall call(env, info, 1);
  if (call.error != nullptr) return refuse(env, call.error);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, call.args[0], &type);
  if (type != napi_function) return refuse(env, "what is to be called afterwards is no function");
  const int64_t n = call.program->storage_count(), late = call.program->late_count();
  AsyncJobs* jobs = jobs_of(env, call.state);
  std::unique_ptr<AsyncJob> job(new (std::nothrow) AsyncJob{});
  if (jobs == nullptr || job == nullptr) return refuse(env, kNoMemory);
  job->own_storages.assign(call.ranges, call.ranges + n);
  job->own_late.assign(call.late, call.late + late);
  if (const GetBackingStore get = get_backing_store()) {
    // Whoever transfers a buffer meanwhile gets the memory; it is not freed under the program.
    for (int64_t i = 0; i < n; i++) job->memory.push_back(get(call.storages[i]));
  }
  napi_value held = nullptr;
  napi_create_array_with_length(env, static_cast<size_t>(n) + 1, &held);
  napi_set_element(env, held, 0, call.args[0]);
  for (int64_t i = 0; i < n; i++) napi_set_element(env, held, static_cast<uint32_t>(i + 1), call.storages[i]);
  if (napi_create_reference(env, held, 1, &job->held) != napi_ok)
    return refuse(env, "the storages cannot be held");
  job->jobs = jobs;
  job->owner = &jobs->owner;
  job->program = call.state->programs[call.number];
  job->storages = job->own_storages.data();
  job->late = job->own_late.data();
  job->from = call.from;
  job->to = call.to;
  job->done = job_done;
  if (!submit(job.get())) {
    napi_delete_reference(env, job->held);
    return refuse(env, "the system has no thread for a program off the event loop");
  }
  (void)job.release();
  if (jobs->pending++ == 0) napi_ref_threadsafe_function(env, jobs->tell);
  return nullptr;
}

}  // namespace

void define_async(napi_env env, napi_value exports, Env* state) {
  define_entry(env, exports, "startProgram", start_program, state, false);
}

}  // namespace gradtape
