#include "runtime/parallel/thread.h"

#if defined(_WIN32)
#include <thread>
#else
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>

#include <new>
#endif
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace gradtape {

#if defined(_WIN32)

bool start_thread(void (*f)(int), int argument, int64_t) {
  std::thread(f, argument).detach();
  return true;
}

#else

namespace {

struct Start {
  void (*f)(int);
  int argument;
};

/// Keeps the addon loaded, because threads run its code: Node unloads it with the last environment that uses
/// it.
bool keep_loaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&start_thread), &info) != 0 && info.dli_fname != nullptr) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
  return true;
}

}  // namespace

bool start_thread(void (*f)(int), int argument, int64_t stack_bytes) {
  static const bool once = keep_loaded();
  (void)once;
  Start* start = new (std::nothrow) Start{f, argument};
  if (start == nullptr) return false;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, static_cast<size_t>(stack_bytes));
  pthread_t thread;
  const int error = pthread_create(
      &thread, &attributes,
      [](void* p) -> void* {
        const Start own = *static_cast<Start*>(p);
        delete static_cast<Start*>(p);
#if defined(__linux__)
        pthread_setname_np(pthread_self(), "gradtape");
#endif
        own.f(own.argument);
        return nullptr;
      },
      start);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) delete start;
  return error == 0;
}

#endif

#if defined(__linux__)

void sleep_while(std::atomic<uint32_t>& word, uint32_t value) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}
void wake(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

#else

void sleep_while(std::atomic<uint32_t>& word, uint32_t value) { word.wait(value); }
void wake(std::atomic<uint32_t>& word) { word.notify_one(); }

#endif

}  // namespace gradtape
