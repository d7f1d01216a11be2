// The one place that includes the Node-API headers.
#pragma once
#include <napi.h>
