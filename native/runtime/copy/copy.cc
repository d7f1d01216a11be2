#include "runtime/copy/copy.h"

#include "runtime/dispatch/dispatch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

/// Fewer bytes than this are not worth a second thread: for copies of runs, and for transposes.
constexpr int64_t kRunGrain = 128 * 1024;
constexpr int64_t kElementGrain = 32 * 1024;

int64_t magnitude(int64_t v) { return v < 0 ? -v : v; }

/// An element of 16 bytes.
struct Pair {
  uint64_t low, high;
};

struct Dim {
  int64_t n, src, dst;
};

/// Drops dimensions of size 1, makes the destination's strides positive and descending, merges contiguous
/// dimensions, and orders the last two as the plane for the kernels. Adjusts src and dst accordingly.
int normalise(const CopyLayout& layout, int64_t size, const char** src, char** dst, Dim* dims) {
  int count = 0;
  for (int d = 0; d < layout.ndim; d++) {
    Dim dim = {layout.dims[d], layout.src_strides[d], layout.dst_strides[d]};
    if (dim.n == 1) continue;
    if (dim.dst < 0) {
      *src += (dim.n - 1) * dim.src * size;
      *dst += (dim.n - 1) * dim.dst * size;
      dim.src = -dim.src;
      dim.dst = -dim.dst;
    }
    int at = count++;
    for (; at > 0 && dims[at - 1].dst < dim.dst; at--) dims[at] = dims[at - 1];
    dims[at] = dim;
  }
  int kept = 0;
  for (int d = 0; d < count; d++) {
    const Dim& dim = dims[d];
    if (kept > 0 && dims[kept - 1].dst == dim.dst * dim.n && dims[kept - 1].src == dim.src * dim.n) {
      dims[kept - 1] = {dims[kept - 1].n * dim.n, dim.src, dim.dst};
    } else {
      dims[kept++] = dim;
    }
  }
  if (kept == 0) dims[kept++] = {1, 1, 1};
  // The plane includes the dimension along which the source is contiguous, so that it is a transpose.
  const Dim& last = dims[kept - 1];
  if (kept > 2 && last.dst == 1 && magnitude(last.src) > 1) {
    for (int d = 0; d < kept - 2; d++) {
      if (dims[d].src != 1) continue;
      const Dim along = dims[d];
      for (int e = d; e < kept - 2; e++) dims[e] = dims[e + 1];
      dims[kept - 2] = along;
      break;
    }
  }
  return kept;
}

/// Copies of fewer elements use a plain loop: ordering the dimensions would take longer.
constexpr int64_t kFewElements = 64;

template <class T>
void move(const char* src, char* dst) {
  T v;
  __builtin_memcpy(&v, src, sizeof v);
  __builtin_memcpy(dst, &v, sizeof v);
}

/// Copies by overlapping words of type T, the last of which ends at the end of the run; at least sizeof(T)
/// bytes.
template <class T>
void copy_by(const char* src, char* dst, int64_t bytes) {
  constexpr int64_t step = sizeof(T);
  for (int64_t i = 0; i < bytes - step; i += step) move<T>(src + i, dst + i);
  move<T>(src + bytes - step, dst + bytes - step);
}

/// A short run of bytes, without calling memcpy.
inline void copy_short(const char* src, char* dst, int64_t bytes) {
  if (bytes >= 16) {
    copy_by<Pair>(src, dst, bytes);
  } else if (bytes >= 8) {
    copy_by<uint64_t>(src, dst, bytes);
  } else if (bytes >= 4) {
    copy_by<uint32_t>(src, dst, bytes);
  } else {
    for (int64_t i = 0; i < bytes; i++) dst[i] = src[i];
  }
}

template <class T>
void copy_few(const char* src_v, char* dst_v, const CopyLayout& layout) {
  const T* src = reinterpret_cast<const T*>(src_v);
  T* dst = reinterpret_cast<T*>(dst_v);
  const int last = layout.ndim - 1;
  const int64_t run = last < 0 ? 1 : layout.dims[last];
  const int64_t src_step = last < 0 ? 0 : layout.src_strides[last];
  const int64_t dst_step = last < 0 ? 0 : layout.dst_strides[last];
  int64_t index[kMaxDims];
  for (int d = 0; d < last; d++) index[d] = 0;
  for (;;) {
    if (src_step == 1 && dst_step == 1) {
      copy_short(reinterpret_cast<const char*>(src), reinterpret_cast<char*>(dst),
                 run * static_cast<int64_t>(sizeof(T)));
    } else {
      for (int64_t i = 0; i < run; i++) dst[i * dst_step] = src[i * src_step];
    }
    int d = last - 1;
    for (; d >= 0; d--) {
      src += layout.src_strides[d];
      dst += layout.dst_strides[d];
      if (++index[d] < layout.dims[d]) break;
      src -= index[d] * layout.src_strides[d];
      dst -= index[d] * layout.dst_strides[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

void copy_few(const char* src, char* dst, const CopyLayout& layout, int log_size) {
  switch (log_size) {
    case 0:
      return copy_few<uint8_t>(src, dst, layout);
    case 1:
      return copy_few<uint16_t>(src, dst, layout);
    case 2:
      return copy_few<uint32_t>(src, dst, layout);
    case 3:
      return copy_few<uint64_t>(src, dst, layout);
    default:
      return copy_few<Pair>(src, dst, layout);
  }
}

}  // namespace

void run_copy(const void* src_v, void* dst_v, const CopyLayout& layout, int log_size) {
  const int64_t size = int64_t{1} << log_size;
  const char* src = static_cast<const char*>(src_v);
  char* dst = static_cast<char*>(dst_v);
  int64_t elements = 1;
  for (int d = 0; d < layout.ndim; d++) elements *= layout.dims[d];
  if (elements == 0) return;
  if (elements <= kFewElements) return copy_few(src, dst, layout, log_size);
  Dim dims[kMaxDims + 1];
  const int ndim = normalise(layout, size, &src, &dst, dims);
  const Dim run = dims[ndim - 1];
  const Dim row = ndim > 1 ? dims[ndim - 2] : Dim{1, 0, 0};
  const int outer_dims = ndim > 1 ? ndim - 2 : 0;
  int64_t outer = 1;
  for (int d = 0; d < outer_dims; d++) outer *= dims[d].n;
  const auto plane = kernels().copy[log_size].plane;
  const bool runs = run.dst == 1 && (run.src == 1 || run.src == 0);
  const int64_t grain = (runs ? kRunGrain : kElementGrain) / size;

  // Calls f(src, dst, rows) for each of the planes that contain rows [begin, end) of all planes together.
  const auto planes = [&](int64_t begin, int64_t end, const auto& f) {
    int64_t index[kMaxDims] = {};
    const char* from = src;
    char* to = dst;
    int64_t rest = begin / row.n;
    for (int d = outer_dims - 1; d >= 0; d--) {
      index[d] = rest % dims[d].n;
      rest /= dims[d].n;
      from += index[d] * dims[d].src * size;
      to += index[d] * dims[d].dst * size;
    }
    for (int64_t at = begin, first = begin % row.n; at < end; first = 0) {
      const int64_t count = row.n - first < end - at ? row.n - first : end - at;
      f(from + first * row.src * size, to + first * row.dst * size, count);
      at += count;
      for (int d = outer_dims - 1; d >= 0; d--) {
        from += dims[d].src * size;
        to += dims[d].dst * size;
        if (++index[d] < dims[d].n) break;
        from -= index[d] * dims[d].src * size;
        to -= index[d] * dims[d].dst * size;
        index[d] = 0;
      }
    }
  };

  const int64_t rows = outer * row.n;
  if (rows < 64 && run.n > grain) {
    // Few long rows: each of them is split.
    planes(0, rows, [&](const char* from, char* to, int64_t count) {
      parallel_for(
          run.n, grain / count + 1,
          [&](int64_t begin, int64_t end) {
            plane(from + begin * run.src * size, row.src, run.src, to + begin * run.dst * size, row.dst,
                  run.dst, count, end - begin);
          },
          64);
    });
    return;
  }
  parallel_for(
      rows, grain / run.n + 1,
      [&](int64_t begin, int64_t end) {
        planes(begin, end, [&](const char* from, char* to, int64_t count) {
          plane(from, row.src, run.src, to, row.dst, run.dst, count, run.n);
        });
      },
      row.n % 64 == 0 && rows >= 512 ? 64 : 1);
}

void run_copy_rows(const void* src_v, int64_t src_pitch, void* dst_v, int64_t dst_pitch, int64_t rows,
                   int64_t width, int log_size) {
  const char* src = static_cast<const char*>(src_v);
  char* dst = static_cast<char*>(dst_v);
  if (rows * width <= kFewElements) {
    for (int64_t r = 0; r < rows; r++) {
      copy_short(src + ((r * src_pitch) << log_size), dst + ((r * dst_pitch) << log_size), width << log_size);
    }
    return;
  }
  CopyLayout layout;
  layout.ndim = 2;
  layout.dims[0] = rows;
  layout.dims[1] = width;
  layout.src_strides[0] = src_pitch;
  layout.dst_strides[0] = dst_pitch;
  layout.src_strides[1] = layout.dst_strides[1] = 1;
  run_copy(src, dst, layout, log_size);
}

}  // namespace gradtape
