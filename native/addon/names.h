// The names of a family on the exports object, in the order of its op numbers.
#pragma once
#include "napi_setup.h"

namespace gradtape {

template <class Entry>
void define_names(napi_env env, napi_value exports, const char* property, const Entry* entries, int count) {
  napi_value list = nullptr;
  napi_create_array_with_length(env, static_cast<size_t>(count), &list);
  for (int i = 0; i < count; i++) {
    napi_value name = nullptr;
    napi_create_string_utf8(env, entries[i].name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, list, static_cast<uint32_t>(i), name);
  }
  napi_set_named_property(env, exports, property, list);
}

}  // namespace gradtape
