// Sorting by radix: elements become unsigned keys of the same order, beside their position where that is
// wanted, and are moved by one digit of the key after the other, the lowest first. That is stable, takes the
// same time whatever the values, and has one result however the work is split.
//
// Order: NaN is greater than all numbers; for positions, −0 equals 0 (equal elements stay in order), for
// values alone −0 comes first.
#include "elementwise.h"
#include "spans.h"

namespace {

using gradtape::kSortBits;
using gradtape::kSortBuckets;
using gradtape::SortKernels;

template <class T>
struct KeyType {
  using type = uint32_t;
};
template <>
struct KeyType<double> {
  using type = uint64_t;
};
template <>
struct KeyType<int64_t> {
  using type = uint64_t;
};
template <class T>
using key_t = typename KeyType<T>::type;

/// A key with the position of its element.
template <class K>
struct Pair {
  K key;
  uint32_t index;
};
template <class Item>
struct ItemTraits {
  using key = Item;
  static constexpr bool indexed = false;
};
template <class K>
struct ItemTraits<Pair<K>> {
  using key = K;
  static constexpr bool indexed = true;
};
template <int kBytes>
struct SignedOf {
  using type = int32_t;
};
template <>
struct SignedOf<8> {
  using type = int64_t;
};
template <class Item>
GT_INLINE auto key_of(const Item& item) {
  if constexpr (ItemTraits<Item>::indexed) {
    return item.key;
  } else {
    return item;
  }
}

template <class T>
GT_INLINE key_t<T> encode(T x, bool zeros_equal) {
  using K = key_t<T>;
  constexpr K kTop = K(1) << (sizeof(K) * 8 - 1);
  if constexpr (is_float<T>) {
    if (x != x) return static_cast<K>(-1);
    if (zeros_equal) x = x == T(0) ? T(0) : x;
    K bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & kTop) != 0 ? static_cast<K>(~bits) : static_cast<K>(bits | kTop);
  } else if constexpr (sizeof(T) == 1) {
    return x;
  } else {
    return static_cast<K>(x) ^ kTop;
  }
}
template <class T>
GT_INLINE T decode(key_t<T> key) {
  using K = key_t<T>;
  constexpr K kTop = K(1) << (sizeof(K) * 8 - 1);
  if constexpr (is_float<T>) {
    if (key == static_cast<K>(-1)) return static_cast<T>(__builtin_nan(""));
    const K bits = (key & kTop) != 0 ? static_cast<K>(key ^ kTop) : static_cast<K>(~key);
    T x;
    memcpy(&x, &bits, sizeof x);
    return x;
  } else if constexpr (sizeof(T) == 1) {
    return static_cast<T>(key);
  } else {
    return static_cast<T>(key ^ kTop);
  }
}

template <class T, class Item>
void make_items(const void* xv, void* itemsv, int64_t first, int64_t n, bool descending) noexcept {
  using K = key_t<T>;
  const T* x = static_cast<const T*>(xv);
  Item* items = static_cast<Item*>(itemsv);
  const K flip = descending ? static_cast<K>(sizeof(T) == 1 ? 0xff : -1) : K(0);
  for (int64_t i = 0; i < n; i++) {
    if constexpr (ItemTraits<Item>::indexed) {
      items[i] = {static_cast<K>(encode(x[i], true) ^ flip), static_cast<uint32_t>(first + i)};
    } else {
      items[i] = encode(x[i], false) ^ flip;
    }
  }
}

template <class T, class Item>
void take_items(const void* itemsv, void* yv, int64_t n, bool descending) noexcept {
  using K = key_t<T>;
  const Item* items = static_cast<const Item*>(itemsv);
  if constexpr (ItemTraits<Item>::indexed) {
    (void)descending;
    int32_t* y = static_cast<int32_t*>(yv);
    for (int64_t i = 0; i < n; i++) y[i] = static_cast<int32_t>(items[i].index);
  } else {
    const K flip = descending ? static_cast<K>(sizeof(T) == 1 ? 0xff : -1) : K(0);
    T* y = static_cast<T*>(yv);
    for (int64_t i = 0; i < n; i++) y[i] = decode<T>(static_cast<K>(items[i] ^ flip));
  }
}

/// counts[pass][digit] of all digits at once.
template <class Item, int kPasses>
void count_digits(const void* itemsv, int64_t n, uint32_t* counts) noexcept {
  const Item* items = static_cast<const Item*>(itemsv);
  memset(counts, 0, sizeof(uint32_t) * kSortBuckets * kPasses);
  for (int64_t i = 0; i < n; i++) {
    const auto key = key_of(items[i]);
    GT_UNROLL
    for (int pass = 0; pass < kPasses; pass++) {
      counts[pass * kSortBuckets + static_cast<int>((key >> (pass * kSortBits)) & (kSortBuckets - 1))]++;
    }
  }
}

template <class Item>
void count_digit(const void* itemsv, int64_t n, int pass, uint32_t* counts) noexcept {
  const Item* items = static_cast<const Item*>(itemsv);
  memset(counts, 0, sizeof(uint32_t) * kSortBuckets);
  const int shift = pass * kSortBits;
  for (int64_t i = 0; i < n; i++) {
    counts[static_cast<int>((key_of(items[i]) >> shift) & (kSortBuckets - 1))]++;
  }
}

template <class Item>
void scatter_items(const void* fromv, void* tov, int64_t n, int pass, uint32_t* places) noexcept {
  const Item* from = static_cast<const Item*>(fromv);
  Item* to = static_cast<Item*>(tov);
  const int shift = pass * kSortBits;
  for (int64_t i = 0; i < n; i++) {
    const Item item = from[i];
    to[places[static_cast<int>((key_of(item) >> shift) & (kSortBuckets - 1))]++] = item;
  }
}

/// Rows that are sorted by comparing all with all: as many as take less time so than by digits.
template <class K>
inline constexpr int64_t kRanked = kLanes<K> >= 16  ? 128
                                   : kLanes<K> >= 4 ? 64
                                                    : 40;

/// A short row by rank: an element's place is how many are less, and equal ones before it. No branch depends
/// on the elements.
template <class T>
struct Ranks {
  using S = typename SignedOf<sizeof(key_t<T>)>::type;
  static constexpr int kL = kLanes<S>;
  static constexpr int64_t kMost = kRanked<key_t<T>>;
  S keys[kMost + kL], place[kMost + kL];

  GT_INLINE Ranks(const T* x, int64_t n, bool descending, bool zeros_equal) {
    const S flip = descending ? S(-1) : S(0);
    if constexpr (is_float<T>) {
      constexpr S kGreatest = static_cast<S>(~(key_t<T>(1) << (sizeof(S) * 8 - 1)));
      each_vector<T>(n, [&](int64_t i, auto span) GT_LAMBDA {
        const Vec<T> v = span.get(x + i);
        Vec<S> bits = bitcast<Vec<S>>(v);
        if (zeros_equal) bits = select(v == Vec<T>{}, Vec<S>{}, bits);
        bits ^= (bits >> (sizeof(S) * 8 - 1)) & splat(kGreatest);
        bits = select(v != v, splat(kGreatest), bits);
        store(keys + i, bits ^ splat(flip));
      });
    } else {
      for (int64_t i = 0; i < n; i++) keys[i] = static_cast<S>(static_cast<S>(x[i]) ^ flip);
    }
    for (int64_t i = n; i < n + kL; i++) keys[i] = 0;
    rank(n);
  }
  GT_INLINE void rank(int64_t n) {
    S lane[kL];
    for (int i = 0; i < kL; i++) lane[i] = i;
    const Vec<S> lanes = load(lane);
    for (int64_t b = 0; b < n; b += kL) {
      const Vec<S> v = load(keys + b);
      const int64_t end = b + kL < n ? b + kL : n;
      Vec<S> rank = {}, other = {};
      int64_t j = 0;
      for (; j < b; j += 2) {  // b is even
        rank -= splat(keys[j]) <= v;
        other -= splat(keys[j + 1]) <= v;
      }
      for (; j < end; j++) {
        const Vec<S> key = splat(keys[j]);
        rank -= (key < v) | ((key == v) & (splat(static_cast<S>(j - b)) < lanes));
      }
      for (; j + 2 <= n; j += 2) {
        rank -= splat(keys[j]) < v;
        other -= splat(keys[j + 1]) < v;
      }
      if (j < n) rank -= splat(keys[j]) < v;
      store(place + b, rank + other);
    }
  }
};

/// A place as an index that the compiler knows nothing of: it would write 16 elements at a time to where they
/// go, which takes 12 times as long as one after the other.
template <class S>
GT_INLINE int64_t alone(S place) {
  asm("" : "+r"(place));
  return place;
}

template <class T>
void rank_values(const void* xv, void* yv, int64_t n, bool descending) noexcept {
  const T* x = static_cast<const T*>(xv);
  T* y = static_cast<T*>(yv);
  const Ranks<T> ranks(x, n, descending, false);
  for (int64_t i = 0; i < n; i++) {
    T v = x[i];
    if constexpr (is_float<T>) v = v == v ? v : static_cast<T>(__builtin_nan(""));
    y[alone(ranks.place[i])] = v;
  }
}
template <class T>
void rank_positions(const void* xv, int32_t* y, int64_t n, bool descending) noexcept {
  const Ranks<T> ranks(static_cast<const T*>(xv), n, descending, true);
  for (int64_t i = 0; i < n; i++) y[alone(ranks.place[i])] = static_cast<int32_t>(i);
}
template <class T>
void rank_top(const void* xv, void* values, int32_t* indices, int64_t n, int64_t k) noexcept {
  const T* x = static_cast<const T*>(xv);
  T* y = static_cast<T*>(values);
  const Ranks<T> ranks(x, n, true, true);
  for (int64_t i = 0; i < n; i++) {
    const int64_t place = alone(ranks.place[i]);
    if (place >= k) continue;
    y[place] = x[i];
    indices[place] = static_cast<int32_t>(i);
  }
}

/// A short row by digits of 8 bits, between `items` and as many `spare` ones. The result is in `items`.
template <class Item>
void sort_short(void* itemsv, void* sparev, int64_t n) noexcept {
  Item* items = static_cast<Item*>(itemsv);
  constexpr int kDigits = static_cast<int>(sizeof(typename ItemTraits<Item>::key));
  uint32_t counts[kDigits][256];
  memset(counts, 0, sizeof counts);
  for (int64_t i = 0; i < n; i++) {
    const auto key = key_of(items[i]);
    GT_UNROLL
    for (int d = 0; d < kDigits; d++) counts[d][(key >> (8 * d)) & 255]++;
  }
  Item* from = items;
  Item* to = static_cast<Item*>(sparev);
  for (int d = 0; d < kDigits; d++) {
    if (counts[d][(key_of(from[0]) >> (8 * d)) & 255] == static_cast<uint32_t>(n)) continue;
    uint32_t place = 0;
    for (int digit = 0; digit < 256; digit++) {
      const uint32_t c = counts[d][digit];
      counts[d][digit] = place;
      place += c;
    }
    for (int64_t i = 0; i < n; i++) to[counts[d][(key_of(from[i]) >> (8 * d)) & 255]++] = from[i];
    Item* was = from;
    from = to;
    to = was;
  }
  if (from != items) memcpy(items, from, static_cast<size_t>(n) * sizeof(Item));
}

/// The k greatest of n elements, the least index first among equals, added to the `found` pairs (keys
/// complemented, in ascending order) that are there already. Returns how many there are then.
template <class T>
int64_t top_run(const void* xv, int64_t first, int64_t n, int64_t k, void* pairsv, int64_t found) noexcept {
  using K = key_t<T>;
  using P = Pair<K>;
  const T* x = static_cast<const T*>(xv);
  P* pairs = static_cast<P*>(pairsv);
  constexpr int kStep = 4 * kLanes<T>;
  for (int64_t i = 0; i < n;) {
    if (found == k && i + kStep <= n) {
      // Is there any in the next few that could belong? Ties with the last do not: they come later.
      const K last = static_cast<K>(~pairs[k - 1].key);
      if constexpr (sizeof(T) >= 4) {
        if (last != static_cast<K>(-1)) {
          const Vec<T> bar = splat(decode<T>(last));
          auto none = load(x + i) <= bar;
          GT_UNROLL
          for (int j = 1; j < 4; j++) none &= load(x + i + j * kLanes<T>) <= bar;
          if (!any(bitcast<vi>(~none))) {
            i += kStep;
            continue;
          }
        }
      }
    }
    const int64_t end = i + kStep < n ? i + kStep : n;
    for (; i < end; i++) {
      const K key = static_cast<K>(~encode(x[i], true));
      if (found == k && key >= pairs[k - 1].key) continue;
      int64_t j = found < k ? found++ : k - 1;
      for (; j > 0 && pairs[j - 1].key > key; j--) pairs[j] = pairs[j - 1];
      pairs[j] = {key, static_cast<uint32_t>(first + i)};
    }
  }
  return found;
}

/// Merges `more` pairs whose indices are all greater; returns how many there are, at most k.
template <class T>
int64_t top_merge(void* pairsv, int64_t found, const void* morev, int64_t more, int64_t k) noexcept {
  using K = key_t<T>;
  using P = Pair<K>;
  P* pairs = static_cast<P*>(pairsv);
  const P* other = static_cast<const P*>(morev);
  for (int64_t i = 0; i < more; i++) {
    if (found == k && other[i].key >= pairs[k - 1].key) break;
    int64_t j = found < k ? found++ : k - 1;
    for (; j > 0 && pairs[j - 1].key > other[i].key; j--) pairs[j] = pairs[j - 1];
    pairs[j] = other[i];
  }
  return found;
}

template <class T>
void top_take(const void* xv, const void* pairsv, void* values, int32_t* indices, int64_t k) noexcept {
  const T* x = static_cast<const T*>(xv);
  const Pair<key_t<T>>* pairs = static_cast<const Pair<key_t<T>>*>(pairsv);
  T* y = static_cast<T*>(values);
  for (int64_t i = 0; i < k; i++) {
    indices[i] = static_cast<int32_t>(pairs[i].index);
    y[i] = x[pairs[i].index];
  }
}

template <class T, class Item>
constexpr gradtape::SortItems sort_items() {
  constexpr int kBits = sizeof(T) == 1 ? 8 : static_cast<int>(sizeof(T)) * 8;
  constexpr int kPasses = (kBits + kSortBits - 1) / kSortBits;
  return {static_cast<int>(sizeof(Item)), kPasses,
          &make_items<T, Item>,           &take_items<T, Item>,
          &count_digits<Item, kPasses>,   &count_digit<Item>,
          &scatter_items<Item>,           &sort_short<Item>};
}
template <class T>
constexpr SortKernels sort_kernels() {
  using K = key_t<T>;
  return {{sort_items<T, K>(), sort_items<T, Pair<K>>()},
          static_cast<int>(sizeof(Pair<K>)),
          static_cast<int>(kRanked<K>),
          &rank_values<T>,
          &rank_positions<T>,
          &rank_top<T>,
          &top_run<T>,
          &top_merge<T>,
          &top_take<T>};
}

constexpr SortKernels kSort[gradtape::kDTypes] = {sort_kernels<float>(),   sort_kernels<double>(),
                                                  sort_kernels<int32_t>(), sort_kernels<int64_t>(),
                                                  sort_kernels<uint8_t>(), {}};

}  // namespace

void GT_EXPORT(sort)(gradtape::KernelTable& table) { table.sort = kSort; }
