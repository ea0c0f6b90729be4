#include "slab.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace rdkafka_tiers {

namespace {
std::atomic<size_t> liveSlabBytes{0};  // trivially destructible: outlives everything safely
}

size_t LiveSlabBytes() { return liveSlabBytes.load(std::memory_order_relaxed); }

Slab::Slab(std::shared_ptr<SlabPool> pool, uint8_t* data, size_t size)
    : pool_(std::move(pool)), data_(data), size_(size) {}

Slab::~Slab() { pool_->Return(data_, size_); }

SlabPool::~SlabPool() { KeepNone(); }

void SlabPool::KeepNone() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (uint8_t* data : idle_) std::free(data);
  idle_.clear();
  idleLimit_ = 0;
}

std::shared_ptr<Slab> SlabPool::Take(size_t atLeast) {
  // A trickle of small batches must not hold a whole slab each.
  const bool isWhole = atLeast > kSlabBytes / 4 && atLeast <= kSlabBytes;
  const size_t size = isWhole ? kSlabBytes : atLeast;
  uint8_t* data = nullptr;
  if (size == kSlabBytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      data = idle_.back();  // the last one returned is the warmest
      idle_.pop_back();
    }
  }
  if (!data) data = static_cast<uint8_t*>(std::malloc(size));
  if (!data) throw std::bad_alloc();
  liveBytes_.fetch_add(size, std::memory_order_relaxed);
  liveSlabBytes.fetch_add(size, std::memory_order_relaxed);
  return std::make_shared<Slab>(shared_from_this(), data, size);
}

void SlabPool::Return(uint8_t* data, size_t size) {
  liveBytes_.fetch_sub(size, std::memory_order_relaxed);
  liveSlabBytes.fetch_sub(size, std::memory_order_relaxed);
  if (size == kSlabBytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.size() < idleLimit_) {
      idle_.push_back(data);
      return;
    }
  }
  std::free(data);
}

Napi::ArrayBuffer SlabPool::Export(Napi::Env env, const std::shared_ptr<Slab>& slab, size_t size,
                                   size_t filled, bool* isExternal) {
  *isExternal = false;
  const bool worthIt = size > kSlabBytes / 16;
  if (worthIt && HasRoomFor(slab->size()) && !externalRefused_.load(std::memory_order_relaxed)) {
    auto* held = new std::shared_ptr<Slab>(slab);
    externalBytes_.fetch_add(slab->size(), std::memory_order_relaxed);
    napi_value value;
    const napi_status status = napi_create_external_arraybuffer(
        env, slab->data(), slab->size(),
        [](napi_env, void*, void* hint) {
          auto* held = static_cast<std::shared_ptr<Slab>*>(hint);
          Slab& slab = **held;
          slab.pool_->externalBytes_.fetch_sub(slab.size(), std::memory_order_relaxed);
          delete held;
        },
        held, &value);
    if (status == napi_ok) {
      *isExternal = true;
      return Napi::ArrayBuffer(env, value);
    }
    externalBytes_.fetch_sub(slab->size(), std::memory_order_relaxed);
    delete held;
    // Electron and runtimes with V8's sandbox refuse external buffers: do not ask again.
    externalRefused_.store(true, std::memory_order_relaxed);
  }
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, size);
  if (filled) std::memcpy(copy.Data(), slab->data(), filled);
  return copy;
}

}  // namespace rdkafka_tiers
