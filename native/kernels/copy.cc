// Copies over two dimensions of any steps: rows, splats, transposes.
#include "simd/vec.h"
#include "table.h"

namespace {

struct Bytes16 {
  uint64_t half[2];
};

// ---- The transpose of a square that fits the registers ----

template <int... I>
struct Seq {};
template <int N, int... I>
struct MakeSeq {
  using type = typename MakeSeq<N - 1, N - 1, I...>::type;
};
template <int... I>
struct MakeSeq<0, I...> {
  using type = Seq<I...>;
};

/// Interleaves the low (kHigh = 0) or high halves of a's and b's 16-byte groups, of E elements each.
template <int N, int E, int kHigh, class V, int... I>
GT_INLINE V unpack(V a, V b, Seq<I...>) {
  return __builtin_shufflevector(a, b, (I / E * E + kHigh * (E / 2) + I % E / 2 + (I % 2) * N)...);
}
/// Two groups of a, then the same two of b, where a vector is four groups: first, first + step.
template <int N, int E, int kFirst, int kStep, class V, int... I>
GT_INLINE V groups(V a, V b, Seq<I...>) {
  return __builtin_shufflevector(a, b, ((kFirst + (I / E % 2) * kStep) * E + I % E + (I / (2 * E)) * N)...);
}
/// One group of a, then the same of b, where a vector is two groups.
template <int N, int E, int kGroup, class V, int... I>
GT_INLINE V pair(V a, V b, Seq<I...>) {
  return __builtin_shufflevector(a, b, (kGroup * E + I % E + (I / E) * N)...);
}

/// The vectors that one square is made of: full registers for wide elements, 16 bytes for narrow ones (a
/// square of 64 × 64 bytes would not fit).
template <class T>
inline constexpr int kSide = sizeof(T) >= 4 ? kLanes<T> : 16 / static_cast<int>(sizeof(T));

/// dst[i * dst_row + j] = src[j * src_row + i] for i, j < kSide.
template <class T>
GT_INLINE void transpose_square(const T* src, int64_t src_row, T* dst, int64_t dst_row) {
  constexpr int N = kSide<T>;
  constexpr int E = 16 / static_cast<int>(sizeof(T));
  constexpr int kGroups = N / E;
  using V = Vec<T, N>;
  using S = typename MakeSeq<N>::type;
  V r[N], t[N];
  GT_UNROLL
  for (int j = 0; j < N; j++) memcpy(&r[j], src + j * src_row, sizeof(V));
  // Within the groups: as many perfect shuffles as E has bits.
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
  // Among the groups.
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

/// dst[i * dst_row + j] = src[j * src_row + i] for any rectangle, in tiles that keep both sides in the first
/// cache.
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

template <class T>
void transpose(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t n) {
  if constexpr (sizeof(T) <= 8) {
    constexpr int64_t N = kSide<T>;
    // As many rows at once as make a cache line of the source, so that a line is read once.
    constexpr int64_t kStrip =
        64 / static_cast<int64_t>(sizeof(T)) > N ? 64 / static_cast<int64_t>(sizeof(T)) : N;
    // As many source rows at once as the caches hold lines of, also where their stride is a power of two.
    constexpr int64_t kBand = 64;
    const int64_t whole_rows = rows / N * N, whole_n = n / N * N;
    for (int64_t j0 = 0; j0 < whole_n; j0 += kBand) {
      const int64_t j1 = j0 + kBand < whole_n ? j0 + kBand : whole_n;
      for (int64_t i0 = 0; i0 < whole_rows; i0 += kStrip) {
        const int64_t i1 = i0 + kStrip < whole_rows ? i0 + kStrip : whole_rows;
        for (int64_t j = j0; j < j1; j += N) {
          for (int64_t i = i0; i < i1; i += N) {
            transpose_square(src + j * src_row + i, src_row, dst + i * dst_row + j, dst_row);
          }
        }
      }
    }
    transpose_scalar(src + whole_n * src_row, src_row, dst + whole_n, dst_row, whole_rows, n - whole_n);
    transpose_scalar(src + whole_rows, src_row, dst + whole_rows * dst_row, dst_row, rows - whole_rows, n);
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

template <class T>
void plane(const void* src_v, int64_t src_row, int64_t src_step, void* dst_v, int64_t dst_row,
           int64_t dst_step, int64_t rows, int64_t n) noexcept {
  const T* src = static_cast<const T*>(src_v);
  T* dst = static_cast<T*>(dst_v);
  constexpr int64_t kSize = sizeof(T);
  if (n <= 0) return;  // then there may be no element to read
  if (dst_step == 1 && src_step == 1) {
    contiguous_rows(static_cast<const char*>(src_v), src_row * kSize, static_cast<char*>(dst_v),
                    dst_row * kSize, rows, n * kSize);
  } else if (dst_step == 1 && src_step == 0) {
    for (int64_t i = 0; i < rows; i++) {
      const T x = src[i * src_row];
      T* row = dst + i * dst_row;
      for (int64_t j = 0; j < n; j++) row[j] = x;
    }
  } else if (dst_step == 1 && src_step == -1) {
    for (int64_t i = 0; i < rows; i++) {
      const T* from = src + i * src_row;
      T* row = dst + i * dst_row;
      for (int64_t j = 0; j < n; j++) row[j] = from[-j];
    }
  } else if (dst_step == 1 && src_row == 1 && rows > 1) {
    transpose(src, src_step, dst, dst_row, rows, n);
  } else {
    for (int64_t i = 0; i < rows; i++) {
      const T* from = src + i * src_row;
      T* row = dst + i * dst_row;
      for (int64_t j = 0; j < n; j++) row[j * dst_step] = from[j * src_step];
    }
  }
}

constexpr gradtape::CopyEntry kCopy[gradtape::kCopySizes] = {
    {plane<uint8_t>}, {plane<uint16_t>}, {plane<uint32_t>}, {plane<uint64_t>}, {plane<Bytes16>},
};

}  // namespace

void GT_EXPORT(copy)(gradtape::KernelTable& table) { table.copy = kCopy; }
