// Two-dimensional copies with any strides: rows, broadcasts, transposes.
#include "kernels/simd/columns.h"
#include "kernels/table.h"

namespace {

struct Bytes16 {
  uint64_t half[2];
};

// ---- Transpose of a square that fits in registers ----

/// For vectors of four groups: the groups first and first + step of a, then those of b.
template <int N, int E, int kFirst, int kStep, class V, int... I>
GT_INLINE V groups(V a, V b, Seq<I...>) {
  return __builtin_shufflevector(a, b, ((kFirst + (I / E % 2) * kStep) * E + I % E + (I / (2 * E)) * N)...);
}
/// For vectors of two groups: one group of a, then the same group of b.
template <int N, int E, int kGroup, class V, int... I>
GT_INLINE V pair(V a, V b, Seq<I...>) {
  return __builtin_shufflevector(a, b, (kGroup * E + I % E + (I / E) * N)...);
}

/// dst[i * dst_row + j] = src[j * src_row + i] for i, j < a register's lanes; elements
/// of 4 or 8 bytes (a square of 64 × 64 bytes would not fit the registers).
template <class T>
GT_INLINE void transpose_square(const T* src, int64_t src_row, T* dst, int64_t dst_row) {
  constexpr int N = kLanes<T>;
  constexpr int E = 16 / static_cast<int>(sizeof(T));
  constexpr int kGroups = N / E;
  using V = Vec<T, N>;
  using S = typename MakeSeq<N>::type;
  V r[N], t[N];
  GT_UNROLL
  for (int j = 0; j < N; j++) memcpy(&r[j], src + j * src_row, sizeof(V));
  // Within the groups: log2(E) perfect shuffles.
  GT_UNROLL
  for (int stage = 1; stage < E; stage *= 2) {
    GT_UNROLL
    for (int g = 0; g < kGroups; g++) {
      GT_UNROLL
      for (int i = 0; i < E / 2; i++) {
        t[g * E + 2 * i] = unpack<N, E, 0>(r[g * E + i], r[g * E + i + E / 2], S());
        t[g * E + 2 * i + 1] = unpack<N, E, 1>(r[g * E + i], r[g * E + i + E / 2], S());
      }
    }
    GT_UNROLL
    for (int i = 0; i < N; i++) r[i] = t[i];
  }
  // Between the groups.
  if constexpr (kGroups == 2) {
    GT_UNROLL
    for (int c = 0; c < E; c++) {
      t[c] = pair<N, E, 0>(r[c], r[E + c], S());
      t[E + c] = pair<N, E, 1>(r[c], r[E + c], S());
    }
  } else if constexpr (kGroups == 4) {
    GT_UNROLL
    for (int c = 0; c < E; c++) {
      const V a = groups<N, E, 0, 1>(r[c], r[E + c], S());
      const V b = groups<N, E, 0, 1>(r[2 * E + c], r[3 * E + c], S());
      const V d = groups<N, E, 2, 1>(r[c], r[E + c], S());
      const V e = groups<N, E, 2, 1>(r[2 * E + c], r[3 * E + c], S());
      t[c] = groups<N, E, 0, 2>(a, b, S());
      t[E + c] = groups<N, E, 1, 2>(a, b, S());
      t[2 * E + c] = groups<N, E, 0, 2>(d, e, S());
      t[3 * E + c] = groups<N, E, 1, 2>(d, e, S());
    }
  }
  GT_UNROLL
  for (int i = 0; i < N; i++) memcpy(dst + i * dst_row, kGroups == 1 ? &r[i] : &t[i], sizeof(V));
}

/// dst[i * dst_row + j] = src[j * src_row + i] for any rectangle, in tiles for which both sides stay in L1.
template <class T>
void transpose_scalar(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  constexpr int64_t kTile = 32;
  for (int64_t i0 = 0; i0 < rows; i0 += kTile) {
    const int64_t i1 = i0 + kTile < rows ? i0 + kTile : rows;
    for (int64_t j0 = 0; j0 < n; j0 += kTile) {
      const int64_t j1 = j0 + kTile < n ? j0 + kTile : n;
      for (int64_t i = i0; i < i1; i++) {
        for (int64_t j = j0; j < j1; j++) dst[i * dst_row + j] = src[j * src_row + i];
      }
    }
  }
}

/// dst[i * dst_row + j] = src[j * src_row + i], where i covers 16 bytes and j kGroups times as many: few rows
/// are written at a time, and few registers are needed.
template <int kGroups, class T>
GT_INLINE void transpose_strip(const T* src, int64_t src_row, T* dst, int64_t dst_row) {
  Vec<T, kGroup<T> * kGroups> r[kGroup<T>];
  load_columns<kGroups>(src, src_row, r);
  GT_UNROLL
  for (int i = 0; i < kGroup<T>; i++) memcpy(dst + i * dst_row, &r[i], sizeof r[i]);
}

/// rows × n, rows a multiple of kGroup, n one of kGroup * kGroups.
template <int kGroups, class T>
void transpose_strips(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  for (int64_t i = 0; i < rows; i += kGroup<T>) {
    for (int64_t j = 0; j < n; j += kGroup<T> * kGroups) {
      transpose_strip<kGroups>(src + j * src_row + i, src_row, dst + i * dst_row + j, dst_row);
    }
  }
}

/// Whether rows this far apart map to the same few cache sets. Lines, prefetched ones included, are then
/// evicted before they are used fully, and a transpose takes 1.4–1.8 times as long.
bool shares_cache_sets(int64_t row_bytes) {
  constexpr int64_t kPeriod = 2048, kLine = 64;
  if (row_bytes < 0) row_bytes = -row_bytes;
  const int64_t rest = row_bytes % kPeriod;
  return row_bytes >= kPeriod / 2 && (rest < kLine || rest > kPeriod - kLine);
}

/// The source is read in blocks that stay in the caches: this many bytes of this many rows.
constexpr int64_t kBlockBytes = 256, kBlockRows = 128;

/// Transposes a block of rows × n through a buffer whose rows map to different cache sets: whole lines are
/// read, and few rows are written at a time.
template <class T>
void transpose_buffered(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  constexpr int64_t kWidth = kBlockBytes / static_cast<int64_t>(sizeof(T));
  constexpr int64_t kRow = kWidth + 64 / static_cast<int64_t>(sizeof(T));
  alignas(64) T buffer[kBlockRows * kRow];
  const int64_t bytes = rows * static_cast<int64_t>(sizeof(T));
  if (bytes == kBlockBytes) {
    for (int64_t j = 0; j < n; j++) memcpy(buffer + j * kRow, src + j * src_row, kBlockBytes);
  } else {
    for (int64_t j = 0; j < n; j++) memcpy(buffer + j * kRow, src + j * src_row, static_cast<size_t>(bytes));
  }
  transpose_strips<kMaxGroups>(buffer, kRow, dst, dst_row, rows, n);
}

template <class T>
void transpose_direct(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  if constexpr (sizeof(T) >= 4) {
    constexpr int64_t N = kLanes<T>;
    const int64_t squares = rows / N * N;
    const auto square = [=](int64_t i, int64_t j) {
      transpose_square(src + j * src_row + i, src_row, dst + i * dst_row + j, dst_row);
    };
    // Along the rows of the destination, unless these are short.
    if (n > kBlockRows / 2) {
      for (int64_t i = 0; i < squares; i += N) {
        for (int64_t j = 0; j < n; j += N) square(i, j);
      }
    } else {
      for (int64_t j = 0; j < n; j += N) {
        for (int64_t i = 0; i < squares; i += N) square(i, j);
      }
    }
    transpose_strips<kMaxGroups>(src + squares, src_row, dst + squares * dst_row, dst_row, rows - squares, n);
  } else {
    transpose_strips<kMaxGroups>(src, src_row, dst, dst_row, rows, n);
  }
}

template <class T>
void transpose(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  if constexpr (sizeof(T) <= 8) {
    constexpr int64_t E = kGroup<T>, N = E * kMaxGroups;
    constexpr int64_t kWidth = kBlockBytes / static_cast<int64_t>(sizeof(T));
    const int64_t strips = rows / E * E, whole = n / N * N, groups = n / E * E;
    const bool buffered = whole >= kBlockRows / 4 && strips >= kWidth / 4 &&
                          (shares_cache_sets(src_row * static_cast<int64_t>(sizeof(T))) ||
                           shares_cache_sets(dst_row * static_cast<int64_t>(sizeof(T))));
    for (int64_t i = 0; i < strips; i += kWidth) {
      const int64_t width = strips - i < kWidth ? strips - i : kWidth;
      for (int64_t j = 0; j < whole; j += kBlockRows) {
        const int64_t count = whole - j < kBlockRows ? whole - j : kBlockRows;
        const T* from = src + j * src_row + i;
        T* to = dst + i * dst_row + j;
        if (buffered) {
          transpose_buffered(from, src_row, to, dst_row, width, count);
        } else {
          transpose_direct(from, src_row, to, dst_row, width, count);
        }
      }
    }
    transpose_strips<1>(src + whole * src_row, src_row, dst + whole, dst_row, strips, groups - whole);
    transpose_scalar(src + groups * src_row, src_row, dst + groups, dst_row, strips, n - groups);
    transpose_scalar(src + strips, src_row, dst + strips * dst_row, dst_row, rows - strips, n);
  } else {
    transpose_scalar(src, src_row, dst, dst_row, rows, n);
  }
}

// ---- Rows ----

/// Rows of exactly kBytes: the copy is inline.
template <int kBytes>
void fixed_rows(const char* src, int64_t src_row, char* dst, int64_t dst_row, int64_t rows) {
  for (int64_t i = 0; i < rows; i++) memcpy(dst + i * dst_row, src + i * src_row, kBytes);
}

void contiguous_rows(const char* src, int64_t src_row, char* dst, int64_t dst_row, int64_t rows,
                     int64_t bytes) {
  switch (bytes) {
    case 2:
      return fixed_rows<2>(src, src_row, dst, dst_row, rows);
    case 4:
      return fixed_rows<4>(src, src_row, dst, dst_row, rows);
    case 8:
      return fixed_rows<8>(src, src_row, dst, dst_row, rows);
    case 12:
      return fixed_rows<12>(src, src_row, dst, dst_row, rows);
    case 16:
      return fixed_rows<16>(src, src_row, dst, dst_row, rows);
    case 32:
      return fixed_rows<32>(src, src_row, dst, dst_row, rows);
    case 64:
      return fixed_rows<64>(src, src_row, dst, dst_row, rows);
    default:
      for (int64_t i = 0; i < rows; i++) {
        memcpy(dst + i * dst_row, src + i * src_row, static_cast<size_t>(bytes));
      }
  }
}

/// Steps for which the compiler generates shuffles.
template <int kStep, class T>
void strided_rows(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  for (int64_t i = 0; i < rows; i++) {
    const T* from = src + i * src_row;
    T* row = dst + i * dst_row;
    GT_IVDEP
    for (int64_t j = 0; j < n; j++) row[j] = from[j * kStep];
  }
}
/// kWidth columns that are adjacent in the destination: their elements are interleaved.
template <int kWidth, class T>
void zip_rows(const T* src, int64_t src_step, T* dst, int64_t rows) {
  GT_IVDEP
  for (int64_t i = 0; i < rows; i++) {
    GT_UNROLL
    for (int k = 0; k < kWidth; k++) dst[i * kWidth + k] = src[i + k * src_step];
  }
}

template <class T>
void plane(const void* src_v, int64_t src_row, int64_t src_step, void* dst_v, int64_t dst_row,
           int64_t dst_step, int64_t rows, int64_t n) noexcept {
  const T* src = static_cast<const T*>(src_v);
  T* dst = static_cast<T*>(dst_v);
  constexpr int64_t kSize = sizeof(T);
  if (n <= 0) return;  // there may be no element to read
  if (dst_step != 1) {
    for (int64_t i = 0; i < rows; i++) {
      const T* from = src + i * src_row;
      T* row = dst + i * dst_row;
      for (int64_t j = 0; j < n; j++) row[j * dst_step] = from[j * src_step];
    }
  } else if (src_step == 1) {
    contiguous_rows(static_cast<const char*>(src_v), src_row * kSize, static_cast<char*>(dst_v),
                    dst_row * kSize, rows, n * kSize);
  } else if (src_step == 0) {
    for (int64_t i = 0; i < rows; i++) {
      const T x = src[i * src_row];
      T* row = dst + i * dst_row;
      GT_IVDEP
      for (int64_t j = 0; j < n; j++) row[j] = x;
    }
  } else if (src_step == -1) {
    strided_rows<-1>(src, src_row, dst, dst_row, rows, n);
  } else if (src_row == 1 && rows > 1) {
    if (n == 2 && dst_row == 2) {
      zip_rows<2>(src, src_step, dst, rows);
    } else if (n == 3 && dst_row == 3) {
      zip_rows<3>(src, src_step, dst, rows);
    } else if (src_step == 2) {
      strided_rows<2>(src, src_row, dst, dst_row, rows, n);
    } else if (src_step == 3) {
      strided_rows<3>(src, src_row, dst, dst_row, rows, n);
    } else {
      transpose(src, src_step, dst, dst_row, rows, n);
    }
  } else if (src_step == 2) {
    strided_rows<2>(src, src_row, dst, dst_row, rows, n);
  } else if (src_step == 3) {
    strided_rows<3>(src, src_row, dst, dst_row, rows, n);
  } else if (src_step == 4) {
    strided_rows<4>(src, src_row, dst, dst_row, rows, n);
  } else {
    for (int64_t i = 0; i < rows; i++) {
      const T* from = src + i * src_row;
      T* row = dst + i * dst_row;
      for (int64_t j = 0; j < n; j++) row[j] = from[j * src_step];
    }
  }
}

constexpr gradtape::CopyEntry kCopy[gradtape::kSizes] = {
    {plane<uint8_t>}, {plane<uint16_t>}, {plane<uint32_t>}, {plane<uint64_t>}, {plane<Bytes16>},
};

}  // namespace

/// Indexed by size_index.
GT_FAMILY(copy, const CopyEntry* copy) { table.copy = kCopy; }
