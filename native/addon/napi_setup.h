// The only place that includes node-addon-api.
//
// It is used for setup, functions that are not hot, and errors. Entries use the Node-API itself: a
// CallbackInfo of node-addon-api costs up to a tenth of a call of few elements.
#pragma once
#define NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
// An environment may be terminated at any time, as a worker thread is, and nothing can be thrown into it
// then; without this definition that would abort the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
