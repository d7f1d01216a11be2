// The names of a family on the exports object, in the order of its op numbers.
#pragma once
#include "napi_setup.h"

namespace gradtape {

/// The names at `first` and every `step` bytes behind it.
void define_names(Napi::Object exports, const char* property, const char* const* first, size_t step,
                  int count);
template <class Entry>
void define_names(Napi::Object exports, const char* property, const Entry* entries, int count) {
  define_names(exports, property, &entries->name, sizeof(Entry), count);
}

}  // namespace gradtape
