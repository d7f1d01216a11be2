// Householder QR. The matrix is copied to contiguous columns, to which reflections are applied by full
// vectors: columns are padded with zeros, and a reflector begins with zeros, so no vector is partial.
#include "kernels/element_types.h"
#include "kernels/simd/lanes.h"
#include "kernels/table.h"

namespace {

/// The unit of the loops: two vectors.
constexpr int kPair = 2 * kLanes<double>;
static_assert(gradtape::kQrAlign % kPair == 0);

/// Columns that are reflected together, so that the reflector is read once for all of them.
constexpr int kReflected = 4;

/// Applies I − tau·v·vᵀ to N columns; v is 0 before element `from`, a multiple of kPair.
template <int N>
GT_INLINE void reflect_columns(const double* v, double tau, double* a, int64_t from, int64_t stride) {
  constexpr int L = kLanes<double>;
  vd even[N] = {}, odd[N] = {};
  for (int64_t i = from; i < stride; i += kPair) {
    const vd first = load(v + i), second = load(v + i + L);
    GT_UNROLL
    for (int c = 0; c < N; c++) {
      even[c] += first * load(a + c * stride + i);
      odd[c] += second * load(a + c * stride + i + L);
    }
  }
  double factor[N];
  GT_UNROLL
  for (int c = 0; c < N; c++) factor[c] = tau * sum_lanes<double>(even[c] + odd[c]);
  for (int64_t i = from; i < stride; i += kPair) {
    const vd first = load(v + i), second = load(v + i + L);
    GT_UNROLL
    for (int c = 0; c < N; c++) {
      double* p = a + c * stride + i;
      store(p, load(p) - factor[c] * first);
      store(p + L, load(p + L) - factor[c] * second);
    }
  }
}

/// The same for any number of columns.
void reflect(const double* v, double tau, double* a, int64_t columns, int64_t from, int64_t stride) {
  if (tau == 0) return;
  int64_t c = 0;
  for (; c + kReflected <= columns; c += kReflected) {
    reflect_columns<kReflected>(v, tau, a + c * stride, from, stride);
  }
  for (; c < columns; c++) reflect_columns<1>(v, tau, a + c * stride, from, stride);
}

/// The first element of the pair of vectors that has element k.
GT_INLINE int64_t first_of(int64_t k) { return k / kPair * kPair; }

/// Turns column v into the reflector that maps its elements from k on to (*head, 0, 0, …), and returns tau.
/// *head has the sign opposite to that of element k, as in LAPACK and Eigen.
double make_reflector(double* v, int64_t k, int64_t stride, double* head) {
  const int64_t from = first_of(k);
  for (int64_t i = from; i < k; i++) v[i] = 0;
  const double x = v[k];
  v[k] = 0;
  vd squares = {};
  for (int64_t i = from; i < stride; i += kLanes<double>) squares += load(v + i) * load(v + i);
  const double tail = sum_lanes<double>(squares);
  *head = x;
  double tau = 0;
  if (tail != 0) {  // or is NaN
    const double norm = __builtin_sqrt(x * x + tail);
    *head = x >= 0 ? -norm : norm;
    tau = (*head - x) / *head;
    const vd divisor = splat(x - *head);
    for (int64_t i = from; i < stride; i += kLanes<double>) store(v + i, load(v + i) / divisor);
  }
  v[k] = 1;
  return tau;
}

template <class T>
void qr(const void* xv, void* qv, void* rv, int64_t m, int64_t n, int64_t columns, double* work,
        int64_t stride) noexcept {
  const T* x = static_cast<const T*>(xv);
  T *q = static_cast<T*>(qv), *r = static_cast<T*>(rv);
  const int64_t steps = m < n ? m : n;
  double *a = work, *b = a + n * stride, *taus = b + columns * stride;
  memset(work, 0, static_cast<size_t>((n + columns) * stride) * sizeof(double));
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) a[j * stride + i] = static_cast<double>(x[i * n + j]);
  }
  // Column k is final after k + 1 reflections: it is copied to R, and the reflector replaces it.
  for (int64_t k = 0; k < n; k++) {
    double* v = a + k * stride;
    const int64_t above = k < steps ? k : m;
    for (int64_t i = 0; i < columns; i++) r[i * n + k] = i < above ? static_cast<T>(v[i]) : T(0);
    if (k >= steps) continue;
    double head;
    taus[k] = make_reflector(v, k, stride, &head);
    r[k * n + k] = static_cast<T>(head);
    reflect(v, taus[k], v + stride, n - k - 1, first_of(k), stride);
  }
  // Q is the product of the reflections, applied to columns of the identity from the last to the first.
  for (int64_t j = 0; j < columns; j++) b[j * stride + j] = 1;
  for (int64_t k = steps - 1; k >= 0; k--) {
    reflect(a + k * stride, taus[k], b + k * stride, columns - k, first_of(k), stride);
  }
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < columns; j++) q[i * columns + j] = static_cast<T>(b[j * stride + i]);
  }
}

}  // namespace

GT_FAMILY(linalg, ByDType<QrFn> qr) {
  table.qr = by_dtype<gradtape::QrFn>([]<class T>() -> gradtape::QrFn {
    if constexpr (is_real<T>) {
      return &qr<T>;
    } else {
      return nullptr;
    }
  });
}
