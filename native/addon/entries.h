// Each calls_*.cc defines the entries of some kernel families; this lists them for addon.cc.
#pragma once
#include "call.h"

namespace gradtape {

void define_copy(Napi::Object exports, Instance* instance);
void define_activation(Napi::Object exports, Instance* instance);
void define_elementwise(Napi::Object exports, Instance* instance);
void define_reduce(Napi::Object exports, Instance* instance);
void define_convert(Napi::Object exports, Instance* instance);
void define_indexing(Napi::Object exports, Instance* instance);
void define_matmul(Napi::Object exports, Instance* instance);
void define_measure(Napi::Object exports, Instance* instance);
void define_conv(Napi::Object exports, Instance* instance);
void define_softmax(Napi::Object exports, Instance* instance);
void define_sort(Napi::Object exports, Instance* instance);
void define_async(Napi::Object exports, Instance* instance);
void define_program(Napi::Object exports, Instance* instance);
void define_optimizer(Napi::Object exports, Instance* instance);
void define_norm(Napi::Object exports, Instance* instance);
void define_window(Napi::Object exports, Instance* instance);

}  // namespace gradtape
