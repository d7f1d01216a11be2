// The one place that includes node-addon-api.
//
// Set-up, functions that are not hot, and errors go through it. Entries get the Node-API's own arguments: a
// CallbackInfo of node-addon-api costs as much as a tenth of a call of few elements.
#pragma once
#define NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
// Where an environment is being ended, as a worker thread may be at any time, nothing can be thrown into it:
// without this that would end the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
