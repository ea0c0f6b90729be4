// What librdkafka allocates from, see scripts/deps/rdkafka_malloc.h and rdkafka_receive_buffers.h.
#pragma once

#ifdef RDKAFKA_TIERS_MIMALLOC
#include <mimalloc.h>

extern "C" void rdkafka_tiers_release_receive_buffers(void);
#endif

namespace rdkafka_tiers {

// To the system, also what ended threads left: each of librdkafka's threads has a heap of its own, and when it ends,
// pages of it in which something was still used stay resident until another thread happens to look at them.
// Milliseconds; not for a path that is hot.
inline void ReturnFreeMemory() {
#ifdef RDKAFKA_TIERS_MIMALLOC
  rdkafka_tiers_release_receive_buffers();
  mi_collect(true);
#endif
}

}  // namespace rdkafka_tiers
