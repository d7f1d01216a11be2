#include "runtime/norm/norm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/parallel/partial_sums.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

/// Elements that are worth a thread.
constexpr int64_t kGrain = 16 * 1024;
/// Elements per partial sum.
constexpr int64_t kChunk = 64 * 1024;

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }
int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/// Small scratch memory is on the stack: an allocation would take too long in small calls.
struct Scratch {
  char* data;
  explicit Scratch(int64_t bytes)
      : data(bytes <= kOwn ? own : static_cast<char*>(malloc(static_cast<size_t>(bytes)))) {}
  ~Scratch() {
    if (data != own) free(data);
  }
  Scratch(const Scratch&) = delete;

 private:
  static constexpr int64_t kOwn = 8192;
  alignas(64) char own[kOwn];  // uninitialized
};

}  // namespace

void run_layer_norm(const NormKernels& k, const void* x, const void* scale, const void* shift, void* y,
                    void* mean, void* rstd, int64_t rows, int64_t n, double epsilon, int64_t size) {
  parallel_for(rows, kGrain / n + 1, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * n * size, row = begin * size;
    k.layer_norm(at(x, first), scale, shift, at(y, first), at(mean, row), at(rstd, row), end - begin, n,
                 epsilon);
  });
}

bool run_layer_norm_gradient(const NormKernels& k, const void* dy, const void* x, const void* scale,
                             const void* mean, const void* rstd, void* dx, void* dscale, void* dshift,
                             int64_t rows, int64_t n, int64_t size) {
  // Chunks of few rows keep the sums short; the partial results are at most an eighth of x.
  const int64_t chunk = larger(16, smaller(256, kChunk / n)), parts = (rows + chunk - 1) / chunk;
  const int64_t part_bytes = n * size;
  Scratch scratch(2 * parts * part_bytes);
  if (scratch.data == nullptr) return false;
  char *scales = scratch.data, *shifts = scratch.data + parts * part_bytes;
  parallel_for(parts, kGrain / (chunk * n) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      const int64_t first = p * chunk * n * size, row = p * chunk * size;
      k.layer_norm_gradient(at(dy, first), at(x, first), scale, at(mean, row), at(rstd, row), at(dx, first),
                            scales + p * part_bytes, shifts + p * part_bytes,
                            smaller(chunk, rows - p * chunk), n);
    }
  });
  collect_parts(scales, parts, n, dscale, size);
  collect_parts(shifts, parts, n, dshift, size);
  return true;
}

// ---------------------------------------------------------------------------------------------- batch norm

namespace {

/// [rows, channels] as rows of `width` columns: several pixels side by side if there are few channels, so
/// that vectors are full. The remaining pixels form a shorter row.
struct Columns {
  int64_t rows, channels, size, repeat, width, whole, rest;
  int64_t chunk, chunks;  // rows per partial sum

  Columns(int64_t rows, int64_t channels, int64_t size)
      : rows(rows), channels(channels), size(size), repeat(1) {
    if (channels < 64) {
      // With few rows, the work per column counts as much.
      const int64_t enough = rows * channels <= 1024 ? 16 : 64;
      while (channels * repeat % 16 != 0) repeat *= 2;
      while (channels * repeat < enough) repeat *= 2;
    }
    width = channels * repeat;
    whole = rows / repeat;
    rest = rows % repeat;
    chunk = larger(16, smaller(1024, kChunk / width));
    chunks = (whole + chunk - 1) / chunk;
  }
  /// The number of partial sums, with that of the remaining pixels.
  int64_t parts() const { return chunks + 1; }
  int64_t bytes() const { return width * size; }
  int64_t rest_offset() const { return whole * width * size; }

  /// Fills a row of `width` columns with a vector of channels, repeated.
  void broadcast(void* p) const {
    for (int64_t r = 1; r < repeat; r *= 2) {  // a power of two
      memcpy(at(p, r * channels * size), p, static_cast<size_t>(r * channels * size));
    }
  }
  /// f(part, byte offset of the first row, rows, width) for each chunk, and finally for the remaining pixels.
  template <class F>
  void each_chunk(const F& f) const {
    parallel_for_grains(chunks, whole * width / kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        f(p, p * chunk * bytes(), smaller(chunk, whole - p * chunk), width);
      }
    });
    f(chunks, rest_offset(), rest > 0 ? 1 : 0, rest * channels);
  }
  /// The same for ranges of rows, for work without sums; from last to first, since the last rows are still in
  /// cache.
  template <class F>
  void each_range(const F& f) const {
    parallel_for(whole, kGrain / width + 1, [&](int64_t begin, int64_t end) {
      while (end > begin) {
        const int64_t first = larger(begin, end - chunk);
        f(first * bytes(), end - first, width);
        end = first;
      }
    });
    if (rest > 0) f(rest_offset(), int64_t{1}, rest * channels);
  }
  /// total[c], c < channels, from the partial sums of all columns.
  void add_up(const char* partial, double* columns, double* total) const {
    add_parts(partial, chunks, width, columns, width, size);
    const char* last = partial + chunks * bytes();
    for (int64_t i = 0; i < rest * channels; i++) columns[i] += get_real(last, i, size);
    for (int64_t c = 0; c < channels; c++) total[c] = 0;
    for (int64_t r = 0; r < repeat; r++) {
      for (int64_t c = 0; c < channels; c++) total[c] += columns[r * channels + c];
    }
  }
};

/// Rows whose mean is the first pivot.
constexpr int64_t kPivotRows = 16;

/// sum[c] = Σ over rows of x[r][c], row by row: a few columns at a time, with their sums in registers.
template <class T>
void sum_rows(const T* x, int64_t rows, int64_t channels, double* sum) {
  constexpr int64_t kWide = 4;
  int64_t c = 0;
  for (; c + kWide <= channels; c += kWide) {
    double s[kWide] = {};
    for (int64_t r = 0; r < rows; r++) {
      for (int i = 0; i < kWide; i++) s[i] += static_cast<double>(x[r * channels + c + i]);
    }
    for (int i = 0; i < kWide; i++) sum[c + i] = s[i];
  }
  for (; c < channels; c++) {
    double s = 0;
    for (int64_t r = 0; r < rows; r++) s += static_cast<double>(x[r * channels + c]);
    sum[c] = s;
  }
}

}  // namespace

bool run_batch_norm(const NormKernels& k, const void* x, const void* scale, const void* shift, void* y,
                    void* mean, void* variance, int64_t rows, int64_t channels, double epsilon,
                    int64_t size) {
  const Columns columns(rows, channels, size);
  const int64_t bytes = columns.bytes(), width = columns.width;
  Scratch scratch(2 * columns.parts() * bytes + 3 * bytes + (width + 2 * channels) * 8);
  if (scratch.data == nullptr) return false;
  double* by_column = reinterpret_cast<double*>(scratch.data);
  double *sum = by_column + width, *square = sum + channels;
  char* centre = reinterpret_cast<char*>(square + channels);
  char *a = centre + bytes, *b = a + bytes, *sums = b + bytes, *squares = sums + columns.parts() * bytes;

  const int64_t seen = smaller(rows, kPivotRows);
  if (size == 8) {
    sum_rows(static_cast<const double*>(x), seen, channels, sum);
  } else {
    sum_rows(static_cast<const float*>(x), seen, channels, sum);
  }
  for (int64_t c = 0; c < channels; c++) put_real(centre, c, sum[c] / static_cast<double>(seen), size);
  const double count = static_cast<double>(rows);
  for (int pass = 0; pass < 2; pass++) {
    columns.broadcast(centre);
    columns.each_chunk([&](int64_t part, int64_t first, int64_t n, int64_t wide) {
      k.column_moments(at(x, first), centre, n, wide, sums + part * bytes, squares + part * bytes);
    });
    columns.add_up(sums, by_column, sum);
    columns.add_up(squares, by_column, square);
    bool far = false;
    for (int64_t c = 0; c < channels; c++) {
      const double off = sum[c] / count;
      square[c] = square[c] / count - off * off;
      sum[c] = get_real(centre, c, size) + off;
      far |= !(off * off <= kPivotFar * square[c]);
    }
    if (!far) break;
    for (int64_t c = 0; c < channels; c++) put_real(centre, c, sum[c], size);
  }
  const double unbiased = rows > 1 ? count / (count - 1) : 1;
  for (int64_t c = 0; c < channels; c++) {
    const double v = square[c] < 0 ? 0 : square[c];
    const double factor = get_real(scale, c, size) / sqrt(v + epsilon);
    put_real(mean, c, sum[c], size);
    put_real(variance, c, v * unbiased, size);
    put_real(centre, c, sum[c], size);
    put_real(a, c, factor, size);
    // The shift compensates the rounding error of the mean.
    put_real(b, c, get_real(shift, c, size) - (sum[c] - get_real(centre, c, size)) * factor, size);
  }
  columns.broadcast(centre);
  columns.broadcast(a);
  columns.broadcast(b);
  columns.each_range([&](int64_t first, int64_t n, int64_t wide) {
    k.column_scale(at(x, first), centre, a, b, at(y, first), n, wide);
  });
  return true;
}

bool run_batch_norm_gradient(const NormKernels& k, const void* dy, const void* x, const void* scale,
                             const void* mean, const void* variance, void* dx, void* dscale, void* dshift,
                             int64_t rows, int64_t channels, double epsilon, int64_t size) {
  const Columns columns(rows, channels, size);
  const int64_t bytes = columns.bytes(), width = columns.width;
  Scratch scratch(2 * columns.parts() * bytes + 4 * bytes + (width + 2 * channels) * 8);
  if (scratch.data == nullptr) return false;
  double* by_column = reinterpret_cast<double*>(scratch.data);
  double *sum = by_column + width, *product = sum + channels;
  char* centre = reinterpret_cast<char*>(product + channels);
  char *a = centre + bytes, *b = a + bytes, *shift = b + bytes, *sums = shift + bytes,
       *products = sums + columns.parts() * bytes;
  memcpy(centre, mean, static_cast<size_t>(channels * size));
  columns.broadcast(centre);
  columns.each_chunk([&](int64_t part, int64_t first, int64_t n, int64_t wide) {
    k.column_products(at(dy, first), at(x, first), centre, n, wide, sums + part * bytes,
                      products + part * bytes);
  });
  columns.add_up(sums, by_column, sum);
  columns.add_up(products, by_column, product);
  const double count = static_cast<double>(rows), biased = rows > 1 ? (count - 1) / count : 1;
  for (int64_t c = 0; c < channels; c++) {
    const double square = 1 / (get_real(variance, c, size) * biased + epsilon), rstd = sqrt(square);
    put_real(dshift, c, sum[c], size);
    put_real(dscale, c, product[c] * rstd, size);
    put_real(a, c, get_real(scale, c, size) * rstd, size);
    put_real(b, c, product[c] / count * square, size);
    put_real(shift, c, sum[c] / count, size);
  }
  columns.broadcast(a);
  columns.broadcast(b);
  columns.broadcast(shift);
  columns.each_range([&](int64_t first, int64_t n, int64_t wide) {
    k.column_gradient(at(dy, first), at(x, first), centre, a, b, shift, at(dx, first), n, wide);
  });
  return true;
}

}  // namespace gradtape
