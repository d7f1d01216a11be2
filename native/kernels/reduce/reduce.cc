// Reductions: the functions of each op and dtype. To add one: a functor, here or in reduce_ops.h, and its
// line in the list at the end.
#include "kernels/reduce/converted_tiles.h"
#include "kernels/reduce/rows.h"
#include "kernels/reduce/stage.h"

namespace {

using gradtape::ReduceEntry;

/// Integers summed as int64.
template <class T>
void sum_long_rows(const void* xv, void* yv, int64_t rows, int64_t n, int64_t stride) noexcept {
  const T* x = static_cast<const T*>(xv);
  uint64_t* y = static_cast<uint64_t*>(yv);
  for (int64_t r = 0; r < rows; r++) {
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += static_cast<uint64_t>(static_cast<int64_t>(x[r * stride + i]));
    y[r] = sum;
  }
}
template <class T>
void sum_long_cols(const void* xv, void* yv, int64_t n, int64_t stride, int64_t width) noexcept {
  const T* x = static_cast<const T*>(xv);
  uint64_t* y = static_cast<uint64_t*>(yv);
  for (int64_t i = 0; i < width; i++) y[i] = 0;
  for (int64_t r = 0; r < n; r++) {
    const T* row = x + r * stride;
    GT_IVDEP
    for (int64_t i = 0; i < width; i++) y[i] += static_cast<uint64_t>(static_cast<int64_t>(row[i]));
  }
}

/// The reduction of no elements: for integers, the least and the greatest of the storage type.
template <class Op, class T>
constexpr kernel_t<Op, T> nothing_of() {
  if constexpr (is_integer<T> && !flips<Op, T>()) {
    return static_cast<kernel_t<Op, T>>(Op::template identity<T>());
  } else {
    return Op::template identity<kernel_t<Op, T>>();
  }
}
template <class Op, class T>
constexpr kernel_t<Op, T> kNothing = nothing_of<Op, T>();

template <class Op, class T>
void rows_of(const void* x, void* y, int64_t rows, int64_t n, int64_t stride) noexcept {
  using K = kernel_t<Op, T>;
  const Conversion& c = conversion<Op, T>();
  rows_by_tiles(c, &reduce_rows<Op, K>, &reduce_rows<typename Op::Then, K>, sizeof(K), &kNothing<Op, T>, x, y,
                rows, n, stride);
  if constexpr (flips<Op, T>()) c.from_kernel(y, y, rows);
}
template <class Op, class T>
void cols_of(const void* x, void* y, int64_t n, int64_t stride, int64_t width) noexcept {
  using K = kernel_t<Op, T>;
  const Conversion& c = conversion<Op, T>();
  cols_by_tiles(c, &reduce_cols<Op, K>, &reduce_cols<typename Op::Then, K>, sizeof(K), &kNothing<Op, T>, x, y,
                n, stride, width);
  if constexpr (flips<Op, T>()) c.from_kernel(y, y, width);
}

template <class Op, class T>
constexpr ReduceRowsFn rows_fn() {
  if constexpr (!Op::template has<T>) {
    return nullptr;
  } else if constexpr (goes_by_tiles<Op, T>) {
    return &rows_of<Op, T>;
  } else {
    return &reduce_rows<Op, kernel_t<Op, T>>;
  }
}
template <class Op, class T>
constexpr ReduceColsFn cols_fn() {
  if constexpr (!Op::template has<T>) {
    return nullptr;
  } else if constexpr (goes_by_tiles<Op, T>) {
    return &cols_of<Op, T>;
  } else {
    return &reduce_cols<Op, kernel_t<Op, T>>;
  }
}
/// The dtype of the results of rows_fn and cols_fn.
template <class Op, class T>
constexpr DType result_of() {
  if constexpr (sizeof(kernel_t<Op, T>) != sizeof(T)) {
    return gradtape::DTypeOf<kernel_t<Op, T>>::dtype;
  } else {
    return gradtape::DTypeOf<T>::dtype;
  }
}

/// The reduction that combines partial results, by its index in kReduce.
enum Combine : int { kBySum = 0, kByProd = 3, kByMax, kByMin, kByAny, kByAll };

/// A mean is a sum of floats; the caller divides it.
template <class Op>
constexpr ReduceEntry reduce_entry(const char* name, Combine then, bool mean = false) {
  ReduceEntry entry = {
      name,
      by_dtype<ReduceRowsFn>([]<class T> { return rows_fn<Op, T>(); }),
      by_dtype<ReduceColsFn>([]<class T> { return cols_fn<Op, T>(); }),
      by_dtype<DType>([]<class T> { return result_of<Op, T>(); }),
      -1,
      then,
      mean,
      by_dtype<const ReduceStages*>([]<class T>() -> const ReduceStages* {
        if constexpr (has_stage<Op, T>) {
          return &kReduceStages<Op, T>;
        } else {
          return nullptr;
        }
      }),
  };
  for (int dtype = 0; mean && dtype < gradtape::kDTypes; dtype++) {
    if (gradtape::is_kind(dtype, gradtape::kFloating)) continue;
    entry.rows[dtype] = nullptr;
    entry.cols[dtype] = nullptr;
  }
  return entry;
}

constexpr ReduceEntry sum_long_entry() {
  return {"sumLong",
          by_dtype<ReduceRowsFn>([]<class T>() -> ReduceRowsFn {
            if constexpr (is_integer<T>) {
              return &sum_long_rows<T>;
            } else {
              return nullptr;
            }
          }),
          by_dtype<ReduceColsFn>([]<class T>() -> ReduceColsFn {
            if constexpr (is_integer<T>) {
              return &sum_long_cols<T>;
            } else {
              return nullptr;
            }
          }),
          by_dtype<DType>([]<class T> { return DType::kInt64; }),
          static_cast<int>(DType::kInt64),
          kBySum,
          false,
          {}};
}

constexpr ReduceEntry kReduce[] = {
    reduce_entry<Sum>("sum", kBySum),
    reduce_entry<Sum>("mean", kBySum, true),
    reduce_entry<SumSquare>("sumSquare", kBySum),
    reduce_entry<Prod>("prod", kByProd),
    reduce_entry<Extreme<true>>("max", kByMax),
    reduce_entry<Extreme<false>>("min", kByMin),
    reduce_entry<Logical<true>>("any", kByAny),
    reduce_entry<Logical<false>>("all", kByAll),
    sum_long_entry(),
};
static_assert(kReduce[kBySum].then == kBySum && kReduce[kByProd].then == kByProd &&
              kReduce[kByMax].then == kByMax && kReduce[kByMin].then == kByMin &&
              kReduce[kByAny].then == kByAny && kReduce[kByAll].then == kByAll);

}  // namespace

GT_FAMILY(reduce, OpList<ReduceEntry> reduce) { table.reduce = gradtape::op_list(kReduce); }
