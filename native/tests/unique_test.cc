// The different elements of vectors, against looking through all that came before.
#include "runtime/sort/unique.h"

#include <string.h>

#include <vector>

#include "kernels/table.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

template <class T, class Index>
void check_unique(const T* x, int64_t n, int dtype, const char* what) {
  Buffer index(n * static_cast<int64_t>(sizeof(Index))), counts(n * static_cast<int64_t>(sizeof(Index)));
  Buffer first_positions(n * 4), y(n * static_cast<int64_t>(sizeof(T)));
  UniqueCall call = {};
  call.dtype = dtype;
  call.n = n;
  call.x = x;
  call.wide = sizeof(Index) == 8;
  call.index = index.data();
  call.y = y.data();
  call.first_positions = first_positions.as<int32_t>();
  call.counts = counts.data();
  const int64_t found = run_unique(call);
  std::vector<int64_t> first, times;
  for (int64_t i = 0; i < n && passing(); i++) {
    size_t k = 0;
    while (k < first.size() && x[first[k]] != x[i]) k++;
    if (k == first.size()) {
      first.push_back(i);
      times.push_back(0);
    }
    times[k]++;
    CHECK(index.as<Index>()[i] == static_cast<Index>(k), "%s of %s: element %lld", what, dtype_name(dtype),
          static_cast<long long>(i));
  }
  CHECK(found == static_cast<int64_t>(first.size()), "%s of %s: %lld instead of %lld", what,
        dtype_name(dtype), static_cast<long long>(found), static_cast<long long>(first.size()));
  for (size_t k = 0; k < first.size() && passing(); k++) {
    CHECK(memcmp(y.as<T>() + k, x + first[k], sizeof(T)) == 0 &&
              first_positions.as<int32_t>()[k] == first[k] &&
              counts.as<Index>()[k] == static_cast<Index>(times[k]),
          "%s of %s: number %zu", what, dtype_name(dtype), k);
  }
  CHECK(index.intact() && counts.intact() && first_positions.intact() && y.intact(),
        "%s of %s writes outside", what, dtype_name(dtype));
}

}  // namespace

TEST(unique_elements) {
  Random random(71);
  for (int dtype = 0; dtype < kDTypes; dtype++) {
    with_type(dtype, [&]<class T>() {
      for (int64_t n : {1, 2, 15, 16, 17, 64, 65, 300, 2000}) {
        section();
        Buffer x(n * static_cast<int64_t>(sizeof(T)));
        for (Values values : {Values::kMixed, Values::kNormal}) {
          fill_random(random, dtype, x.data(), n, values);
          check_unique<T, int32_t>(x.as<T>(), n, dtype, "random elements");
          check_unique<T, int64_t>(x.as<T>(), n, dtype, "random elements, wide");
        }
        // All of them different, as far as there are so many; then each of them twice.
        for (int64_t i = 0; i < n; i++) x.as<T>()[i] = static_cast<T>(i % ((n + 1) / 2) * 3);
        check_unique<T, int32_t>(x.as<T>(), n, dtype, "each twice");
        for (int64_t i = 0; i < n; i++) x.as<T>()[i] = static_cast<T>(i);
        check_unique<T, int32_t>(x.as<T>(), n, dtype, "all different");
      }
    });
  }
}

}  // namespace gradtape::test
