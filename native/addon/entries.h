// Each calls_*.cc defines the entries of some kernel families; this lists them for addon.cc.
#pragma once
#include "call.h"

namespace gradtape {

void define_copy(napi_env env, napi_value exports, Env* state);
void define_activation(napi_env env, napi_value exports, Env* state);
void define_elementwise(napi_env env, napi_value exports, Env* state);
void define_reduce(napi_env env, napi_value exports, Env* state);
void define_convert(napi_env env, napi_value exports, Env* state);
void define_indexing(napi_env env, napi_value exports, Env* state);
void define_matmul(napi_env env, napi_value exports, Env* state);
void define_measure(napi_env env, napi_value exports, Env* state);
void define_conv(napi_env env, napi_value exports, Env* state);
void define_softmax(napi_env env, napi_value exports, Env* state);
void define_sort(napi_env env, napi_value exports, Env* state);
void define_async(napi_env env, napi_value exports, Env* state);
void define_program(napi_env env, napi_value exports, Env* state);
void define_optimizer(napi_env env, napi_value exports, Env* state);
void define_norm(napi_env env, napi_value exports, Env* state);
void define_window(napi_env env, napi_value exports, Env* state);

}  // namespace gradtape
