// Normalisation along rows (layer norm) and down columns (batch norm). Mean and variance are computed in one
// pass over x − pivot, where the pivot is the mean of a few elements (shifted-data algorithm). If the pivot
// is too far from the mean (kPivotFar), a second pass uses the mean as the pivot. Sums are accumulated in T
// over blocks of fixed size, and the block sums in double.
#include "kernels/element_types.h"
#include "kernels/simd/columns.h"
#include "kernels/simd/spans.h"
#include "kernels/simd/unroll.h"
#include "kernels/table.h"

namespace {

/// Vectors of a row that are summed in T before their sum is added to a double.
constexpr int64_t kBlockVectors = 64;

/// While a row is written the next one is prefetched, if rows have at most kNearBytes and the rows together
/// at least kFarBytes, which do not fit the L1 and L2 caches.
constexpr int64_t kNearBytes = 8 * 1024, kFarBytes = 256 * 1024;

/// Two sums over a row: body(i, span, s, q) adds the terms of the vector at i to the accumulators s and q, of
/// which there are four each, to hide the latency of additions.
template <class T, class F>
GT_INLINE void row_sums(int64_t n, double* first, double* second, const F& body) {
  constexpr int L = kLanes<T>;
  const int64_t end = n / L * L;
  double a = 0, b = 0;
  for (int64_t i = 0; i < end;) {
    Vec<T> s[4] = {}, q[4] = {};
    const int64_t stop = i + kBlockVectors * L < end ? i + kBlockVectors * L : end;
    for (; i + 4 * L <= stop; i += 4 * L) {
      GT_UNROLL
      for (int u = 0; u < 4; u++) body(i + u * L, FullVector<T>{}, s[u], q[u]);
    }
    for (; i < stop; i += L) body(i, FullVector<T>{}, s[0], q[0]);
    a += static_cast<double>(sum_lanes<T>((s[0] + s[1]) + (s[2] + s[3])));
    b += static_cast<double>(sum_lanes<T>((q[0] + q[1]) + (q[2] + q[3])));
  }
  if (end < n) {
    Vec<T> s = {}, q = {};
    body(end, partial<T>(n - end), s, q);
    a += static_cast<double>(sum_lanes<T>(s));
    b += static_cast<double>(sum_lanes<T>(q));
  }
  *first = a;
  *second = b;
}

struct Moments {
  double offset, variance;  // offset = mean − pivot
};
template <class T>
GT_INLINE Moments row_moments(const T* x, int64_t n, T pivot) {
  double sum, squares;
  row_sums<T>(n, &sum, &squares, [=](int64_t i, auto span, Vec<T>& s, Vec<T>& q) GT_LAMBDA {
    const Vec<T> d = span.zero_tail(span.get(x + i) - pivot);
    s += d;
    q += d * d;
  });
  const double count = static_cast<double>(n), offset = sum / count;
  return {offset, squares / count - offset * offset};
}

/// Conversions between a register of T and one or two registers of double.
template <class T>
struct Doubles;
template <>
struct Doubles<float> {
  static constexpr int kCount = 2;
  GT_INLINE static void split(vf v, vd* out) {
    out[0] = widen_low(v);
    out[1] = widen_high(v);
  }
  GT_INLINE static vf join(const vd* v) { return narrow(v[0], v[1]); }
};
template <>
struct Doubles<double> {
  static constexpr int kCount = 1;
  GT_INLINE static void split(vd v, vd* out) { out[0] = v; }
  GT_INLINE static vd join(const vd* v) { return v[0]; }
};

/// Rows of at most this many elements are normalised kLanes<T> at a time, one row per lane, if there are at
/// least kLanes<T> / 4 rows: for such rows the scalar work after the sums (division, square root) takes
/// longer than the sums.
template <class T>
inline constexpr int64_t kRowPerLaneMax = kLanes<T>;

template <class T, bool kScale, bool kShift>
void normalize_row_per_lane(const T* x, const T* scale, const T* shift, T* y, T* means, T* rstds,
                            int64_t rows, int64_t n, double epsilon) {
  using V = Vec<T>;
  using D = Doubles<T>;
  constexpr int64_t L = kLanes<T>, C = kGroup<T>;
  V at[kRowPerLaneMax<T> + C];
  T staged[L * kRowPerLaneMax<T> + C], lanes[L];
  const vd count = splat(static_cast<double>(n));
  const T inverse_n = T(1) / static_cast<T>(n);
  for (int64_t r = 0; r < rows; r += L) {
    const int64_t here = rows - r < L ? rows - r : L;
    const size_t bytes = static_cast<size_t>(here * n) * sizeof(T);
    memset(staged, 0, static_cast<size_t>(L * n + C) * sizeof(T));
    memcpy(staged, x + r * n, bytes);
    for (int64_t c = 0; c < n; c += C) load_columns<kMaxGroups>(staged + c, n, at + c);
    // The pivot is the mean up to rounding. Elements are divided first, so that large ones do not overflow.
    V pivot = {};
    for (int64_t c = 0; c < n; c++) pivot += at[c] * inverse_n;
    vd exact[D::kCount], variance[D::kCount];
    for (int pass = 0; pass < 2; pass++) {
      V s = {}, q = {};
      for (int64_t c = 0; c < n; c++) {
        const V d = at[c] - pivot;
        s += d;
        q += d * d;
      }
      vd sums[D::kCount], squares[D::kCount], pivots[D::kCount];
      D::split(s, sums);
      D::split(q, squares);
      D::split(pivot, pivots);
      bool again = false;
      for (int h = 0; h < D::kCount; h++) {
        const vd offset = sums[h] / count;
        variance[h] = squares[h] / count - offset * offset;
        exact[h] = pivots[h] + offset;
        const vl far = ~(offset * offset <= gradtape::kPivotFar * variance[h]);
        again = again || any(bitcast<vi>(far));
        // Rows whose pivot is near enough keep it; the second pass gives them the same sums.
        pivots[h] = select(far, exact[h], pivots[h]);
      }
      if (!again) break;
      pivot = D::join(pivots);
    }
    vd rests[D::kCount], inverse[D::kCount];
    const V mean = D::join(exact);
    vd rounded[D::kCount];
    D::split(mean, rounded);
    for (int h = 0; h < D::kCount; h++) {
      rests[h] = exact[h] - rounded[h];
      vd v = select(variance[h] < 0.0, vd{}, variance[h]) + epsilon;
      for (int i = 0; i < kLanes<double>; i++) v[i] = __builtin_sqrt(v[i]);
      inverse[h] = 1.0 / v;
    }
    const V rest = D::join(rests), rstd = D::join(inverse);
    for (int64_t c = 0; c < n; c++) {
      V f = rstd;
      if constexpr (kScale) f = scale[c] * rstd;
      V v = ((at[c] - mean) - rest) * f;
      if constexpr (kShift) v += shift[c];
      at[c] = v;
    }
    for (int64_t c = (n - 1) / C * C; c >= 0; c -= C) store_columns(at + c, staged + c, n);
    memcpy(y + r * n, staged, bytes);
    const size_t each = static_cast<size_t>(here) * sizeof(T);
    store(lanes, mean);
    memcpy(means + r, lanes, each);
    store(lanes, rstd);
    memcpy(rstds + r, lanes, each);
  }
}

template <class T, bool kScale, bool kShift>
void normalize_rows(const T* x, const T* scale, const T* shift, T* y, T* means, T* rstds, int64_t rows,
                    int64_t n, double epsilon) {
  if (n <= kRowPerLaneMax<T> && rows >= kLanes<T> / 4) {
    return normalize_row_per_lane<T, kScale, kShift>(x, scale, shift, y, means, rstds, rows, n, epsilon);
  }
  // The row that is written has just been read for its sums, so memory is idle meanwhile: the next row is
  // prefetched. (Computing the sums of the next row before this one is written gained nothing.) With vectors
  // of 16 bytes, a prefetch instruction per vector costs more than it gains.
  const bool far = GT_VEC_BYTES >= 32 && n * static_cast<int64_t>(sizeof(T)) <= kNearBytes &&
                   rows * n * static_cast<int64_t>(sizeof(T)) >= kFarBytes;
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    T pivot = n < kLanes<T> ? x[0] : sum_lanes<T>(load(x)) / T(kLanes<T>);
    Moments m = row_moments(x, n, pivot);
    if (!(m.offset * m.offset <= gradtape::kPivotFar * m.variance)) {
      pivot = static_cast<T>(static_cast<double>(pivot) + m.offset);
      m = row_moments(x, n, pivot);
    }
    const double variance = m.variance < 0 ? 0 : m.variance;
    const double exact = static_cast<double>(pivot) + m.offset;
    const T mean = static_cast<T>(exact), rest = static_cast<T>(exact - static_cast<double>(mean));
    const T rstd = static_cast<T>(1 / __builtin_sqrt(variance + epsilon));
    means[r] = mean;
    rstds[r] = rstd;
    const auto write = [=](auto ahead) GT_LAMBDA {
      each_vector<T>(n, [=](int64_t i, auto span) GT_LAMBDA {
        if constexpr (ahead != 0) __builtin_prefetch(x + n + i);
        Vec<T> f = splat(rstd);
        if constexpr (kScale) f = span.get(scale + i) * rstd;
        Vec<T> v = ((span.get(x + i) - mean) - rest) * f;
        if constexpr (kShift) v += span.get(shift + i);
        span.put(y + i, v);
      });
    };
    if (far && r + 1 < rows) {
      write(Int<1>{});
    } else {
      write(Int<0>{});
    }
  }
}

template <class T>
void layer_norm(const void* xv, const void* scale, const void* shift, void* yv, void* means, void* rstds,
                int64_t rows, int64_t n, double epsilon) noexcept {
  const T *x = static_cast<const T*>(xv), *g = static_cast<const T*>(scale),
          *b = static_cast<const T*>(shift);
  T *y = static_cast<T*>(yv), *m = static_cast<T*>(means), *s = static_cast<T*>(rstds);
  if (g != nullptr && b != nullptr) {
    normalize_rows<T, true, true>(x, g, b, y, m, s, rows, n, epsilon);
  } else if (g != nullptr) {
    normalize_rows<T, true, false>(x, g, b, y, m, s, rows, n, epsilon);
  } else if (b != nullptr) {
    normalize_rows<T, false, true>(x, g, b, y, m, s, rows, n, epsilon);
  } else {
    normalize_rows<T, false, false>(x, g, b, y, m, s, rows, n, epsilon);
  }
}

/// With g = dy·scale and x̂ = (x − mean)·rstd: dx = rstd·(g − mean(g) − x̂·mean(g·x̂)), where the means are over
/// a row; dscale = Σ dy·x̂ and dshift = Σ dy, where the sums are over the rows.
template <class T, bool kScale>
void gradient_rows(const T* dy, const T* x, const T* scale, const T* means, const T* rstds, T* dx, T* dscale,
                   T* dshift, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, dy += n, x += n, dx += n) {
    const T mean = means[r], rstd = rstds[r];
    const auto scaled = [=](int64_t i, auto span) GT_LAMBDA {
      Vec<T> g = span.get(dy + i);
      if constexpr (kScale) g *= span.get(scale + i);
      return g;
    };
    double sum, product;
    row_sums<T>(n, &sum, &product, [=](int64_t i, auto span, Vec<T>& s, Vec<T>& p) GT_LAMBDA {
      const Vec<T> g = scaled(i, span);  // 0 in lanes past the end
      s += g;
      p += g * (span.get(x + i) - mean);
    });
    const double count = static_cast<double>(n), by = static_cast<double>(rstd);
    const T a = static_cast<T>(sum / count), b = static_cast<T>(product / count * by * by);
    const bool first = r == 0;
    each_vector<T>(n, [=](int64_t i, auto span) GT_LAMBDA {
      const Vec<T> d = span.get(x + i) - mean;
      span.put(dx + i, ((scaled(i, span) - a) - d * b) * rstd);
      const Vec<T> t = span.get(dy + i), h = t * (d * rstd);
      span.put(dshift + i, first ? t : span.get(dshift + i) + t);
      span.put(dscale + i, first ? h : span.get(dscale + i) + h);
    });
  }
}

template <class T>
void layer_norm_gradient(const void* dy, const void* x, const void* scale, const void* means,
                         const void* rstds, void* dx, void* dscale, void* dshift, int64_t rows,
                         int64_t n) noexcept {
  const auto in = [](const void* p) { return static_cast<const T*>(p); };
  const auto out = [](void* p) { return static_cast<T*>(p); };
  if (scale != nullptr) {
    gradient_rows<T, true>(in(dy), in(x), in(scale), in(means), in(rstds), out(dx), out(dscale), out(dshift),
                           rows, n);
  } else {
    gradient_rows<T, false>(in(dy), in(x), in(scale), in(means), in(rstds), out(dx), out(dscale), out(dshift),
                            rows, n);
  }
}

// ------------------------------------------------------------------------------------------------ columns

/// Vectors per strip of columns: the accumulators of a strip stay in registers.
constexpr int kStrip = GT_VEC_BYTES == 32 ? 2 : 4;
/// Rows that are summed into one accumulator before it is added to the total.
constexpr int64_t kBlockRows = 32;

/// Calls f(column, Count<vectors>{}, span) for each strip of a row: strips of kStrip vectors, then of one
/// vector, the last of which may be partial.
template <int N>
struct Count {
  static constexpr int n = N;
};
template <class T, class F>
GT_INLINE void each_strip(int64_t width, const F& f) {
  constexpr int L = kLanes<T>;
  int64_t c = 0;
  for (; c + kStrip * L <= width; c += kStrip * L) f(c, Count<kStrip>{}, FullVector<T>{});
  for (; c + L <= width; c += L) f(c, Count<1>{}, FullVector<T>{});
  if (c < width) f(c, Count<1>{}, partial<T>(width - c));
}

/// Two sums down each column. make(column, count, span) returns the strip's function term(i, v, s, q), which
/// adds the terms of vector v of the strip to s and q; i is the index of the strip's first element in the
/// current row.
template <class T, class F>
GT_INLINE void column_sums(int64_t rows, int64_t width, T* first, T* second, const F& make) {
  using V = Vec<T>;
  constexpr int L = kLanes<T>;
  each_strip<T>(width, [&](int64_t c, auto count, auto span) GT_LAMBDA {
    constexpr int n = decltype(count)::n;
    const auto term = make(c, count, span);
    V s[n] = {}, q[n] = {};
    for (int64_t r = 0; r < rows;) {
      V a[n] = {}, b[n] = {};
      const int64_t end = r + kBlockRows < rows ? r + kBlockRows : rows;
      for (; r < end; r++) {
        GT_UNROLL
        for (int v = 0; v < n; v++) term(r * width + c, v, a[v], b[v]);
      }
      GT_UNROLL
      for (int v = 0; v < n; v++) {
        s[v] += a[v];
        q[v] += b[v];
      }
    }
    GT_UNROLL
    for (int v = 0; v < n; v++) {
      span.put(first + c + v * L, s[v]);
      span.put(second + c + v * L, q[v]);
    }
  });
}

/// The vectors of per-column parameters (mean, scale …) of a strip, loaded once for all its rows.
template <class T, int N>
struct StripVectors {
  Vec<T> v[N];
};
template <class T, int N, class Span>
GT_INLINE StripVectors<T, N> load_strip(const T* p, Count<N>, Span span) {
  StripVectors<T, N> h;
  GT_UNROLL
  for (int v = 0; v < N; v++) h.v[v] = span.get(p + v * kLanes<T>);
  return h;
}

template <class T>
void column_moments(const void* xv, const void* pivotv, int64_t rows, int64_t width, void* sums,
                    void* squares) noexcept {
  const T *x = static_cast<const T*>(xv), *pivot = static_cast<const T*>(pivotv);
  column_sums<T>(rows, width, static_cast<T*>(sums), static_cast<T*>(squares),
                 [=](int64_t c, auto count, auto span) GT_LAMBDA {
                   const auto p = load_strip<T>(pivot + c, count, span);
                   return [=](int64_t i, int v, Vec<T>& s, Vec<T>& q) GT_LAMBDA {
                     const Vec<T> d = span.get(x + i + v * kLanes<T>) - p.v[v];
                     s += d;
                     q += d * d;
                   };
                 });
}

template <class T>
void column_products(const void* dyv, const void* xv, const void* meanv, int64_t rows, int64_t width,
                     void* sums, void* products) noexcept {
  const T *dy = static_cast<const T*>(dyv), *x = static_cast<const T*>(xv),
          *mean = static_cast<const T*>(meanv);
  column_sums<T>(rows, width, static_cast<T*>(sums), static_cast<T*>(products),
                 [=](int64_t c, auto count, auto span) GT_LAMBDA {
                   const auto m = load_strip<T>(mean + c, count, span);
                   return [=](int64_t i, int v, Vec<T>& s, Vec<T>& q) GT_LAMBDA {
                     const Vec<T> g = span.get(dy + i + v * kLanes<T>);
                     s += g;
                     q += g * (span.get(x + i + v * kLanes<T>) - m.v[v]);
                   };
                 });
}

/// A strip of columns is processed for this many rows before the next strip, so that wide rows are read
/// almost sequentially.
constexpr int64_t kScaleRows = 16;

template <class T>
void column_scale(const void* xv, const void* meanv, const void* av, const void* bv, void* yv, int64_t rows,
                  int64_t width) noexcept {
  const T *x = static_cast<const T*>(xv), *mean = static_cast<const T*>(meanv),
          *a = static_cast<const T*>(av), *b = static_cast<const T*>(bv);
  T* y = static_cast<T*>(yv);
  for (int64_t begin = 0; begin < rows; begin += kScaleRows) {
    const int64_t end = begin + kScaleRows < rows ? begin + kScaleRows : rows;
    each_strip<T>(width, [=](int64_t c, auto count, auto span) GT_LAMBDA {
      const auto m = load_strip<T>(mean + c, count, span), f = load_strip<T>(a + c, count, span),
                 s = load_strip<T>(b + c, count, span);
      for (int64_t r = begin; r < end; r++) {
        GT_UNROLL
        for (int v = 0; v < decltype(count)::n; v++) {
          const int64_t i = r * width + c + v * kLanes<T>;
          span.put(y + i, (span.get(x + i) - m.v[v]) * f.v[v] + s.v[v]);
        }
      }
    });
  }
}

template <class T>
void column_gradient(const void* dyv, const void* xv, const void* meanv, const void* av, const void* bv,
                     const void* cv, void* dxv, int64_t rows, int64_t width) noexcept {
  const T *dy = static_cast<const T*>(dyv), *x = static_cast<const T*>(xv),
          *mean = static_cast<const T*>(meanv), *a = static_cast<const T*>(av),
          *b = static_cast<const T*>(bv), *shift = static_cast<const T*>(cv);
  T* dx = static_cast<T*>(dxv);
  for (int64_t begin = 0; begin < rows; begin += kScaleRows) {
    const int64_t end = begin + kScaleRows < rows ? begin + kScaleRows : rows;
    each_strip<T>(width, [=](int64_t c, auto count, auto span) GT_LAMBDA {
      const auto m = load_strip<T>(mean + c, count, span), f = load_strip<T>(a + c, count, span),
                 g = load_strip<T>(b + c, count, span), s = load_strip<T>(shift + c, count, span);
      for (int64_t r = begin; r < end; r++) {
        GT_UNROLL
        for (int v = 0; v < decltype(count)::n; v++) {
          const int64_t i = r * width + c + v * kLanes<T>;
          span.put(dx + i, (span.get(dy + i) - s.v[v] - (span.get(x + i) - m.v[v]) * g.v[v]) * f.v[v]);
        }
      }
    });
  }
}

template <class T>
constexpr gradtape::NormKernels kernels_of() {
  return {.layer_norm = &layer_norm<T>,
          .layer_norm_gradient = &layer_norm_gradient<T>,
          .column_moments = &column_moments<T>,
          .column_products = &column_products<T>,
          .column_scale = &column_scale<T>,
          .column_gradient = &column_gradient<T>};
}

}  // namespace

GT_FAMILY(norm, ByDType<NormKernels> norm) {
  table.norm = by_dtype<gradtape::NormKernels>([]<class T>() -> gradtape::NormKernels {
    if constexpr (is_real<T>) {
      return kernels_of<T>();
    } else {
      return {};
    }
  });
}
