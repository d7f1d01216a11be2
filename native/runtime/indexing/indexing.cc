#include "runtime/indexing/indexing.h"

#include "runtime/dispatch/dispatch.h"
#include "runtime/parallel/hash_partitions.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kGrainBytes = 128 * 1024;
/// Row numbers are computed this many at a time.
constexpr int64_t kChunk = HashPartitions::kChunk;

/// rows[i] = the row number of tuple first + i, i < n.
template <class Index>
void row_numbers(const RowMap& map, int64_t first, int64_t n, int64_t* rows) {
  const Index* indices = static_cast<const Index*>(map.indices) + first * map.depth;
  if (map.depth == 1) {
    for (int64_t i = 0; i < n; i++) rows[i] = indices[i];
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    int64_t row = 0;
    for (int d = 0; d < map.depth; d++) row = row * map.dims[d] + indices[i * map.depth + d];
    rows[i] = row;
  }
}
void row_numbers(const RowMap& map, int64_t first, int64_t n, int64_t* rows) {
  if (map.wide) {
    row_numbers<int64_t>(map, first, n, rows);
  } else {
    row_numbers<int32_t>(map, first, n, rows);
  }
}

/// Whether any of n indices is outside [0, size). For int32 one unsigned comparison suffices, which the
/// compiler vectorizes.
bool any_outside(const int32_t* indices, int64_t n, int64_t size) {
  const uint32_t limit = size > INT32_MAX ? uint32_t{1} << 31 : static_cast<uint32_t>(size);
  uint32_t bad = 0;
  for (int64_t i = 0; i < n; i++) bad |= static_cast<uint32_t>(indices[i]) >= limit;
  return bad != 0;
}
bool any_outside(const int64_t* indices, int64_t n, int64_t size) {
  bool bad = false;
  for (int64_t i = 0; i < n; i++) bad |= static_cast<uint64_t>(indices[i]) >= static_cast<uint64_t>(size);
  return bad;
}

template <class Index>
int64_t find_bad(const RowMap& map) {
  const Index* indices = static_cast<const Index*>(map.indices);
  const int64_t tuples = map.batch * map.k;
  for (int64_t first = 0; first < tuples; first += kChunk) {
    const int64_t end = tuples - first > kChunk ? first + kChunk : tuples;
    bool bad = false;
    if (map.depth == 1) {
      bad = any_outside(indices + first, end - first, map.dims[0]);
    } else {
      for (int64_t i = first; i < end; i++) {
        for (int d = 0; d < map.depth; d++) {
          bad |= static_cast<uint64_t>(static_cast<int64_t>(indices[i * map.depth + d])) >=
                 static_cast<uint64_t>(map.dims[d]);
        }
      }
    }
    if (!bad) continue;
    for (int64_t i = first; i < end; i++) {
      for (int d = 0; d < map.depth; d++) {
        const int64_t index = indices[i * map.depth + d];
        if (index < 0 || index >= map.dims[d]) return i;
      }
    }
  }
  return -1;
}

/// Calls f(rows, b, j, n) for chunks of the row numbers of batch b, tuples [first, end).
template <class F>
void for_rows(const RowMap& map, int64_t b, int64_t first, int64_t end, const F& f) {
  int64_t rows[kChunk];
  for (int64_t j = first; j < end; j += kChunk) {
    const int64_t n = end - j > kChunk ? kChunk : end - j;
    row_numbers(map, b * map.k + j, n, rows);
    f(rows, j, n);
  }
}

}  // namespace

int64_t find_bad_row(const RowMap& map) {
  if (map.depth == 0) return map.rows > 0 ? -1 : 0;
  return map.wide ? find_bad<int64_t>(map) : find_bad<int32_t>(map);
}

void run_gather(const RowMap& map, const void* src_v, void* out_v, int64_t size) {
  const char* src = static_cast<const char*>(src_v);
  char* out = static_cast<char*>(out_v);
  const int64_t row_bytes = map.inner * size;
  const auto gather = kernels().rows.gather;
  // Splits the rows of the result; a range of them may begin and end within a slice.
  parallel_for(map.batch * map.outer * map.k, kGrainBytes / row_bytes + 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t slice = begin / map.k;
      const int64_t first = begin - slice * map.k;
      const int64_t last = end - slice * map.k < map.k ? end - slice * map.k : map.k;
      const char* from = src + slice * map.rows * row_bytes;
      char* to = out + slice * map.k * row_bytes;
      for_rows(map, slice / map.outer, first, last, [&](const int64_t* rows, int64_t j, int64_t n) {
        gather(from, row_bytes, rows, n, to + j * row_bytes);
      });
      begin += last - first;
    }
  });
}

void run_scatter(const RowMap& map, ScatterFn fn, void* dst_v, const void* updates_v, bool scalar,
                 int64_t size) {
  char* dst = static_cast<char*>(dst_v);
  const char* updates = static_cast<const char*>(updates_v);
  const int64_t update_row = scalar ? 0 : map.inner;
  const int64_t update_step = scalar ? 0 : 1;
  const int64_t slices = map.batch * map.outer, row_bytes = map.inner * size;
  const HashPartitions partitions(row_bytes);
  // Updates the rows of a slice that are in the hash partitions [begin, end).
  const auto update_partitions = [&](int64_t slice, int64_t begin, int64_t end) {
    char* to = dst + slice * map.rows * row_bytes;
    const char* from = scalar ? updates : updates + slice * map.k * row_bytes;
    const bool all = begin == 0 && end == HashPartitions::kCount;
    for_rows(map, slice / map.outer, 0, map.k, [&](const int64_t* rows, int64_t j, int64_t n) {
      const char* u = from + j * update_row * size;
      if (all) return fn(to, map.inner, rows, nullptr, n, u, update_row, update_step, map.inner);
      int64_t mine[kChunk], at[kChunk];
      const int64_t found = partitions.pick(
          0, n, begin, end, [rows](int64_t i) { return rows[i]; }, mine, at);
      fn(to, map.inner, mine, at, found, u, update_row, update_step, map.inner);
    });
  };
  const double bytes = static_cast<double>(map.k) * static_cast<double>(row_bytes);
  const auto grain = [bytes](double items) {
    return static_cast<int64_t>(static_cast<double>(kGrainBytes) * items / bytes) + 1;
  };
  if (slices > 1) {
    parallel_for(slices, grain(1), [&](int64_t begin, int64_t end) {
      for (int64_t slice = begin; slice < end; slice++) update_partitions(slice, 0, HashPartitions::kCount);
    });
  } else {
    parallel_for(HashPartitions::kCount, grain(HashPartitions::kCount),
                 [&](int64_t begin, int64_t end) { update_partitions(0, begin, end); });
  }
}

namespace {

template <class T, class Index>
void one_hot(const Index* indices, int64_t outer, int64_t depth, int64_t inner, const void* on_v,
             const void* off, T* out) {
  const T on = *static_cast<const T*>(on_v);
  const FillFn fill = kernels().fill[size_index(sizeof(T))];
  const int64_t plane = depth * inner;
  parallel_for(outer, kGrainBytes / static_cast<int64_t>(plane * sizeof(T)) + 1,
               [&](int64_t begin, int64_t end) {
                 fill(off, out + begin * plane, (end - begin) * plane);
                 for (int64_t o = begin; o < end; o++) {
                   for (int64_t i = 0; i < inner; i++) {
                     const int64_t at = indices[o * inner + i];
                     if (at >= 0 && at < depth) out[o * plane + at * inner + i] = on;
                   }
                 }
               });
}

template <class T>
void one_hot(const void* indices, bool wide, int64_t outer, int64_t depth, int64_t inner, const void* on,
             const void* off, void* out) {
  if (wide) {
    one_hot(static_cast<const int64_t*>(indices), outer, depth, inner, on, off, static_cast<T*>(out));
  } else {
    one_hot(static_cast<const int32_t*>(indices), outer, depth, inner, on, off, static_cast<T*>(out));
  }
}

}  // namespace

void run_one_hot(const void* indices, bool wide, int64_t outer, int64_t depth, int64_t inner, const void* on,
                 const void* off, void* out, int64_t size) {
  if (size == 8) {
    one_hot<uint64_t>(indices, wide, outer, depth, inner, on, off, out);
  } else if (size == 2) {
    one_hot<uint16_t>(indices, wide, outer, depth, inner, on, off, out);
  } else if (size == 4) {
    one_hot<uint32_t>(indices, wide, outer, depth, inner, on, off, out);
  } else {
    one_hot<uint8_t>(indices, wide, outer, depth, inner, on, off, out);
  }
}

int64_t count_mask(const uint8_t* mask, int64_t n) { return kernels().rows.count(mask, n); }

namespace {

/// Calls f(positions, number found before, n) for the positions of nonzero elements.
template <class F>
void for_positions(const uint8_t* mask, int64_t n, const F& f) {
  int64_t positions[kChunk];
  int64_t found = 0;
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t part = n - i > kChunk ? kChunk : n - i;
    const int64_t here = kernels().rows.positions(mask + i, part, i, positions);
    if (here > 0) f(positions, found, here);
    found += here;
  }
}

template <class Index>
void write_coordinates(const uint8_t* mask, int64_t n, int ndim, const int64_t* dims, Index* out) {
  for_positions(mask, n, [&](const int64_t* positions, int64_t found, int64_t count) {
    Index* to = out + found * ndim;
    if (ndim == 1) {
      for (int64_t i = 0; i < count; i++) to[i] = static_cast<Index>(positions[i]);
      return;
    }
    for (int64_t i = 0; i < count; i++, to += ndim) {
      int64_t rest = positions[i];
      for (int d = ndim - 1; d >= 0; d--) {
        to[d] = static_cast<Index>(rest % dims[d]);
        rest /= dims[d];
      }
    }
  });
}

}  // namespace

void run_nonzero(const uint8_t* mask, int ndim, const int64_t* dims, void* out, bool wide) {
  int64_t n = 1;
  for (int d = 0; d < ndim; d++) n *= dims[d];
  if (n == 0 || ndim == 0) return;
  if (wide) {
    write_coordinates(mask, n, ndim, dims, static_cast<int64_t*>(out));
  } else {
    write_coordinates(mask, n, ndim, dims, static_cast<int32_t*>(out));
  }
}

void run_mask_gather(const uint8_t* mask, int64_t n, int64_t kept, const void* src_v, void* out_v,
                     int64_t outer, int64_t row_bytes) {
  const char* src = static_cast<const char*>(src_v);
  char* out = static_cast<char*>(out_v);
  const auto gather = kernels().rows.gather;
  parallel_for(outer, kGrainBytes / (n * row_bytes) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      for_positions(mask, n, [&](const int64_t* positions, int64_t found, int64_t count) {
        gather(src + o * n * row_bytes, row_bytes, positions, count, out + (o * kept + found) * row_bytes);
      });
    }
  });
}

}  // namespace gradtape
