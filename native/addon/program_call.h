// The arguments of a function that runs a program.
#pragma once
#include <vector>

#include "addon/entry.h"

namespace gradtape {

/// Throws a RangeError; returns null.
napi_value refuse(napi_env env, const char* why);

/// v as an integer; −1 if it is not an integer in [0, limit].
int64_t count_of(double v, int64_t limit);

/// The numbers of a run: the program, and the words [from, to) to run.
GT_NUMBERS(ProgramRun, program, from, to)

/// The arguments of a run: `before` others, the table, the storages. The table has the byte offset of each
/// storage, then the runtime scalars. They are fetched by the Node-API itself: a call of a small program
/// takes a microsecond and has one storage per tensor, and node-addon-api would create an object for each.
class ProgramCall {
 public:
  ProgramCall(napi_env env, napi_callback_info info, size_t before);

  const char* error = nullptr;
  Instance* instance = nullptr;
  const Program* program = nullptr;
  size_t number = 0;
  int64_t from = 0, to = 0;
  napi_value* args = nullptr;
  napi_value* storages = nullptr;
  const double* scalars = nullptr;
  Range* ranges = nullptr;

 private:
  /// A list that is on the stack, or on the heap if it is long.
  static constexpr size_t kFew = 64;
  template <class T>
  struct List {
    T few[kFew];
    std::vector<T> many;
    T* resize(size_t n) {
      if (n <= kFew) return few;
      many.resize(n);
      return many.data();
    }
  };
  List<napi_value> arg_list_;
  List<Range> range_list_;
};

}  // namespace gradtape
