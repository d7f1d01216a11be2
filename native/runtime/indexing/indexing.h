// Rows selected by index: gather, scatter, masks.
#pragma once
#include "kernels/table.h"
#include "runtime/layout.h"

namespace gradtape {

/// A tensor as [batch, outer, rows, inner], and k row numbers for each batch. A row number is a tuple of
/// `depth` indices into dims, whose product is `rows` (depth 1: a plain index; depth 0: always row 0).
struct RowMap {
  const void* indices;
  bool wide;  // int64 indices, otherwise int32
  int64_t batch, outer, k, inner;
  int depth;
  int64_t dims[kMaxDims];
  int64_t rows;
};

/// Position (in [0, batch · k)) of the first tuple with an index outside its dimension, or −1.
int64_t find_bad_row(const RowMap& map);

/// out[b, o, j, :] = src[b, o, row(b, j), :]. The indices have been checked.
void run_gather(const RowMap& map, const void* src, void* out, int64_t size);

/// dst[b, o, row(b, j), :] = f(dst[…], updates[b, o, j, :]), in the order of j. With `scalar`, one update
/// serves all.
void run_scatter(const RowMap& map, ScatterFn fn, void* dst, const void* updates, bool scalar, int64_t size);

/// out[o, d, i] = (the index [o, i] == d) ? on : off; an element has `size` bytes (1, 2, 4 or 8).
void run_one_hot(const void* indices, bool wide, int64_t outer, int64_t depth, int64_t inner, const void* on,
                 const void* off, void* out, int64_t size);

int64_t count_mask(const uint8_t* mask, int64_t n);

/// Writes the coordinates (within dims) of the nonzero elements to `out`, ndim per element; `wide`: as int64,
/// otherwise int32. `out` is large enough.
void run_nonzero(const uint8_t* mask, int ndim, const int64_t* dims, void* out, bool wide);

/// out[o, j, :] = src[o, position j of the mask, :], src as [outer, n, row_bytes]; `kept` of n mask elements
/// are not 0.
void run_mask_gather(const uint8_t* mask, int64_t n, int64_t kept, const void* src, void* out, int64_t outer,
                     int64_t row_bytes);

}  // namespace gradtape
