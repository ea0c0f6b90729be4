// The one place that includes napi.h, so that the defines of binding.gyp are always in force before it.
#pragma once

#include <napi.h>
