// The names of a family on the exports object, in the order of its op numbers.
#pragma once
#include "napi_setup.h"

namespace gradtape {

template <class Entry>
void define_names(Napi::Object exports, const char* property, const Entry* entries, int count) {
  const Napi::Env env = exports.Env();
  Napi::Array list = Napi::Array::New(env, static_cast<size_t>(count));
  for (int i = 0; i < count; i++) list.Set(static_cast<uint32_t>(i), Napi::String::New(env, entries[i].name));
  exports.Set(property, list);
}

}  // namespace gradtape
