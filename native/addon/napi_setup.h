// The one place that includes the Node-API headers.
#pragma once
#include <node_api.h>
