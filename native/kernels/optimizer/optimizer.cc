// Weight updates, one pass over each run. Outputs may overwrite the inputs, or be other memory if the old
// values are still needed.
#include "kernels/element_types.h"
#include "kernels/simd/lanes.h"
#include "kernels/simd/sqrt.h"
#include "kernels/table.h"

namespace {

using gradtape::OptimizerRun;

/// f(i, get, put) for each vector of n elements; `get` and `put` load and store.
template <class T, class F>
GT_INLINE void each_vector(int64_t n, const F& f) {
  constexpr int L = kLanes<T>;
  int64_t i = 0;
  for (; i + L <= n; i += L) {
    f(
        i, [](const T* p) __attribute__((always_inline)) { return load(p); },
        [](T * p, Vec<T> v) __attribute__((always_inline)) { store(p, v); });
  }
  if (i < n) {
    const Lanes<T> rest = first_lanes<T>(n - i);
    f(
        i, [rest](const T* p) __attribute__((always_inline)) { return load_lanes(p, rest); },
        [rest](T * p, Vec<T> v) __attribute__((always_inline)) { store_lanes(p, v, rest); });
  }
}

/// w −= lr·g.
template <class T>
void sgd(const OptimizerRun& run) noexcept {
  const T lr = static_cast<T>(run.numbers[0]);
  const T* w = static_cast<const T*>(run.in[0]);
  const T* g = static_cast<const T*>(run.gradient);
  T* w_out = static_cast<T*>(run.out[0]);
  each_vector<T>(run.n, [&](int64_t i, auto get, auto put) { put(w_out + i, get(w + i) - get(g + i) * lr); });
}

/// m = momentum·m − lr·g; w += m, or momentum·m − lr·g with the new m.
template <class T, bool kNesterov>
void momentum(const OptimizerRun& run) noexcept {
  const T lr = static_cast<T>(run.numbers[0]), mu = static_cast<T>(run.numbers[1]);
  const T* w = static_cast<const T*>(run.in[0]);
  const T* m = static_cast<const T*>(run.in[1]);
  const T* g = static_cast<const T*>(run.gradient);
  T* w_out = static_cast<T*>(run.out[0]);
  T* m_out = static_cast<T*>(run.out[1]);
  each_vector<T>(run.n, [&](int64_t i, auto get, auto put) {
    const Vec<T> step = get(g + i) * lr;
    const Vec<T> next = get(m + i) * mu - step;
    put(w_out + i, get(w + i) + (kNesterov ? next * mu - step : next));
    put(m_out + i, next);
  });
}

/// m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); w −= α·m / (√v + ε), with max(v̂, v) instead of v for
/// amsgrad.
template <class T, bool kMax>
void adam(const OptimizerRun& run) noexcept {
  const T alpha = static_cast<T>(run.numbers[0]), one_beta1 = static_cast<T>(run.numbers[1]);
  const T one_beta2 = static_cast<T>(run.numbers[2]), epsilon = static_cast<T>(run.numbers[3]);
  const T* w = static_cast<const T*>(run.in[0]);
  const T* m = static_cast<const T*>(run.in[1]);
  const T* v = static_cast<const T*>(run.in[2]);
  const T* most = static_cast<const T*>(run.in[3]);
  const T* g = static_cast<const T*>(run.gradient);
  T* w_out = static_cast<T*>(run.out[0]);
  T* m_out = static_cast<T*>(run.out[1]);
  T* v_out = static_cast<T*>(run.out[2]);
  T* most_out = static_cast<T*>(run.out[3]);
  each_vector<T>(run.n, [&](int64_t i, auto get, auto put) {
    const Vec<T> gradient = get(g + i);
    Vec<T> mean = get(m + i);
    mean += (gradient - mean) * one_beta1;
    Vec<T> power = get(v + i);
    power += (gradient * gradient - power) * one_beta2;
    put(m_out + i, mean);
    put(v_out + i, power);
    if constexpr (kMax) {
      const Vec<T> before = get(most + i);
      power = before > power ? before : power;
      put(most_out + i, power);
    }
    put(w_out + i, get(w + i) - mean * alpha / (sqrt_vec(power) + epsilon));
  });
}

using gradtape::OptimizerEntry;
using gradtape::OptimizerFn;

constexpr OptimizerEntry rule(const char* name, int states, int numbers, OptimizerFn single,
                              OptimizerFn wide) {
  return {name, states, numbers, by_dtype<OptimizerFn>([=]<class T>() -> OptimizerFn {
            return __is_same(T, float) ? single : __is_same(T, double) ? wide : nullptr;
          })};
}

constexpr OptimizerEntry kOptimizers[] = {
    rule("sgd", 1, 1, &sgd<float>, &sgd<double>),
    rule("momentum", 2, 2, &momentum<float, false>, &momentum<double, false>),
    rule("nesterov", 2, 2, &momentum<float, true>, &momentum<double, true>),
    rule("adam", 3, 4, &adam<float, false>, &adam<double, false>),
    rule("amsgrad", 4, 4, &adam<float, true>, &adam<double, true>),
};

}  // namespace

GT_FAMILY(optimizer, OpList<OptimizerEntry> optimizer) { table.optimizer = gradtape::op_list(kOptimizers); }
