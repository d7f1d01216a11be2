#include "runtime/reduce/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/dispatch/dispatch.h"
#include "runtime/elementwise/elementwise.h"
#include "runtime/parallel/parallel_items.h"

namespace gradtape {

namespace {

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }
int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

struct Scratch {
  void* data;
  explicit Scratch(int64_t bytes) : data(bytes == 0 ? nullptr : malloc(static_cast<size_t>(bytes))) {}
  ~Scratch() { free(data); }
  Scratch(const Scratch&) = delete;
};

/// The dtype of the kernels' results.
int partial_dtype(const ReduceEntry& op, int dtype) { return static_cast<int>(op.partial[dtype]); }

/// Reduces [outer, n, inner] to [outer, inner] of partial_dtype. Long reductions are split into chunks of
/// fixed size, whose results are reduced in turn.
bool reduce_middle(const ReduceEntry* ops, int op, int dtype, const void* x, void* y, int64_t outer,
                   int64_t n, int64_t inner) {
  const ReduceEntry& entry = ops[op];
  const int out = partial_dtype(entry, dtype);
  const int64_t in_size = dtype_size(dtype), out_size = dtype_size(out);
  int64_t chunk = inner == 1 ? kReduceRowChunk : kReduceColChunk;
  // A few tall matrices: threads take whole rows, which is faster than a range of columns of all rows.
  constexpr int64_t kTallBytes = 1024 * 1024;
  if (inner > 1 && outer < 8 && n >= 128 && inner * in_size >= 1024 &&
      n * inner * in_size >= 2 * kTallBytes) {
    // Parts of equal size, so that no thread waits for another.
    const int64_t most = kTallBytes / (inner * in_size) + 8, parts = (n + most - 1) / most;
    const int64_t rows = ((n + parts - 1) / parts + 7) / 8 * 8;
    if (rows < chunk) chunk = rows;
  }
  if (n > chunk) {
    const int64_t parts = (n + chunk - 1) / chunk;
    Scratch scratch(outer * parts * inner * out_size);
    if (scratch.data == nullptr) return false;
    parallel_items(outer * parts, chunk * inner * in_size, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; t++) {
        const int64_t row = t / parts * n + t % parts * chunk;
        const int64_t length = smaller(chunk, n - t % parts * chunk);
        const void* from = at(x, row * inner * in_size);
        void* to = at(scratch.data, t * inner * out_size);
        if (inner == 1) {
          entry.rows[dtype](from, to, 1, length, length);
        } else {
          entry.cols[dtype](from, to, length, inner, inner);
        }
      }
    });
    return reduce_middle(ops, entry.then, out, scratch.data, y, outer, parts, inner);
  }
  if (inner == 1) {
    parallel_items(outer, n * in_size, [&](int64_t begin, int64_t end) {
      entry.rows[dtype](at(x, begin * n * in_size), at(y, begin * out_size), end - begin, n, n);
    });
    return true;
  }
  if (outer >= 8 || n * inner * in_size <= kGrainBytes) {
    parallel_items(outer, n * inner * in_size, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) {
        entry.cols[dtype](at(x, o * n * inner * in_size), at(y, o * inner * out_size), n, inner, inner);
      }
    });
    return true;
  }
  for (int64_t o = 0; o < outer; o++) {
    parallel_for(
        inner, grain_of_items(n * in_size),
        [&](int64_t begin, int64_t end) {
          entry.cols[dtype](at(x, (o * n * inner + begin) * in_size), at(y, (o * inner + begin) * out_size),
                            n, inner, end - begin);
        },
        64);
  }
  return true;
}

template <class T>
void divide_all(void* y, int64_t n, double by) {
  T* p = static_cast<T*>(y);
  const T d = static_cast<T>(by);
  for (int64_t i = 0; i < n; i++) p[i] /= d;
}

}  // namespace

void divide_by_count(int dtype, void* y, int64_t n, int64_t count) {
  if (dtype == static_cast<int>(DType::kFloat32)) {
    divide_all<float>(y, n, static_cast<double>(count));
  } else {
    divide_all<double>(y, n, static_cast<double>(count));
  }
}

bool run_reduce(const ReduceEntry* ops, int op, int dtype, const void* x, void* result,
                const ReduceLayout& layout) {
  const bool mean = ops[op].mean;
  const int partial = partial_dtype(ops[op], dtype);
  const int out = ops[op].out_dtype < 0 ? dtype : ops[op].out_dtype;
  int64_t dims[kMaxDims];
  int last_to_do = -1;
  int64_t kept = 1, count = 1;
  for (int d = 0; d < layout.ndim; d++) {
    dims[d] = layout.dims[d];
    if (layout.reduced(d)) {
      count *= dims[d];
      if (last_to_do < 0) last_to_do = d;
    } else {
      kept *= dims[d];
    }
  }
  if (kept == 0) return true;
  // Results in the compute dtype are converted at the end.
  Scratch unrounded(partial == out ? 0 : kept * dtype_size(partial));
  void* const y = partial == out ? result : unrounded.data;
  if (y == nullptr) return false;
  if (count == 0) {
    ops[op].rows[dtype](x, y, kept, 0, 0);  // reads nothing
  } else if (last_to_do < 0) {
    if (!reduce_middle(ops, op, dtype, x, y, kept, 1, 1)) return false;
  } else {
    // From the innermost reduced dimension outward; each step yields a smaller tensor.
    void* between = nullptr;
    int64_t inner = 1;
    for (int d = layout.ndim - 1; d >= 0; d--) {
      if (!layout.reduced(d)) {
        inner *= dims[d];
        continue;
      }
      int64_t outer = 1;
      for (int k = 0; k < d; k++) outer *= dims[k];
      void* to = d == last_to_do ? y : malloc(static_cast<size_t>(outer * inner * dtype_size(partial)));
      const bool done = to != nullptr && reduce_middle(ops, op, dtype, between != nullptr ? between : x, to,
                                                       outer, dims[d], inner);
      free(between);
      between = to == y ? nullptr : to;
      if (!done) {
        free(between);
        return false;
      }
      op = ops[op].then;
      dtype = partial;
    }
  }
  if (mean) divide_by_count(partial, y, kept, count);
  if (partial != out) {
    run_unary(kernels().cast[partial][out], y, result, kept, dtype_size(partial), dtype_size(out));
  }
  return true;
}

namespace {

/// Long rows, in chunks of fixed size: finds the extreme of each chunk, then the first extreme among these.
/// False if out of memory.
bool arg_chunks(const ArgReduceEntry& op, int dtype, const void* x, int32_t* y, int64_t outer, int64_t n) {
  const int64_t size = dtype_size(dtype);
  constexpr int64_t kChunk = kReduceRowChunk / 2;
  const int64_t parts = (n + kChunk - 1) / kChunk;
  const int64_t position_bytes = (outer * parts * 4 + 63) / 64 * 64;
  Scratch scratch(position_bytes + parts * size);
  if (scratch.data == nullptr) return false;
  int32_t* positions = static_cast<int32_t*>(scratch.data);
  char* values = at(scratch.data, position_bytes);
  parallel_items(outer * parts, kChunk * size, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) {
      const int64_t first = t % parts * kChunk;
      op.rows[dtype](at(x, (t / parts * n + first) * size), positions + t, 1, smaller(kChunk, n - first));
    }
  });
  for (int64_t o = 0; o < outer; o++) {
    const int32_t* of_row = positions + o * parts;
    for (int64_t p = 0; p < parts; p++) {
      memcpy(values + p * size, at(x, (o * n + p * kChunk + of_row[p]) * size), static_cast<size_t>(size));
    }
    int32_t best = 0;
    op.rows[dtype](values, &best, 1, parts);
    y[o] = static_cast<int32_t>(best * kChunk + of_row[best]);
  }
  return true;
}

}  // namespace

void run_argreduce(const ArgReduceEntry& op, int dtype, const void* x, int32_t* y, int64_t outer, int64_t n,
                   int64_t inner) {
  const int64_t size = dtype_size(dtype);
  if (inner == 1) {
    if (n > kReduceRowChunk && outer < 64 && arg_chunks(op, dtype, x, y, outer, n)) return;
    parallel_items(outer, n * size, [&](int64_t begin, int64_t end) {
      op.rows[dtype](at(x, begin * n * size), y + begin, end - begin, n);
    });
  } else if (outer >= 8) {
    parallel_items(outer, n * inner * size, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        op.cols[dtype](at(x, o * n * inner * size), y + o * inner, n, inner, inner);
    });
  } else {
    for (int64_t o = 0; o < outer; o++) {
      parallel_for(
          inner, grain_of_items(n * size),
          [&](int64_t begin, int64_t end) {
            op.cols[dtype](at(x, (o * n * inner + begin) * size), y + o * inner + begin, n, inner,
                           end - begin);
          },
          64);
    }
  }
}

}  // namespace gradtape
