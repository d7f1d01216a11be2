// Radix sort: elements are mapped to unsigned keys of the same order, paired with their positions if these
// are needed, and distributed by one digit of the key after the other, the lowest first. Long rows are first
// distributed by their highest digit into buckets, each of which one thread sorts in its cache. The sort is
// stable, and the result does not depend on how the work is split.
//
// Order: NaN is greater than all numbers. Positions: −0 equals 0 (equal elements keep their order); values
// alone: −0 comes first.
#include "kernels/elementwise/elementwise.h"
#include "kernels/simd/spans.h"

namespace {

using gradtape::kSortBits;
using gradtape::SortKernels;

/// Keys are unsigned integers of 4 or 8 bytes.
template <class T>
using key_t = typename UnsignedOf<sizeof(T) == 8 ? 8 : 4>::type;

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

/// The bits in which keys differ from that of *base.
template <class Item>
uint64_t differing(const void* itemsv, int64_t n, const void* base) noexcept {
  const Item* items = static_cast<const Item*>(itemsv);
  const auto key = key_of(*static_cast<const Item*>(base));
  typename ItemTraits<Item>::key bits = 0;
  for (int64_t i = 0; i < n; i++) bits |= key_of(items[i]) ^ key;
  return bits;
}

/// Extracts a digit of some bits from keys.
template <class K>
struct Digit {
  int shift;
  K mask;
  Digit(int shift, int bits) : shift(shift), mask(static_cast<K>((K(1) << bits) - 1)) {}
  GT_INLINE size_t of(K key) const { return static_cast<size_t>((key >> shift) & mask); }
};

template <class Item>
void count_digit(const void* itemsv, int64_t n, int shift, int bits, uint32_t* counts) noexcept {
  const Item* items = static_cast<const Item*>(itemsv);
  const Digit<typename ItemTraits<Item>::key> digit(shift, bits);
  memset(counts, 0, sizeof(uint32_t) << bits);
  for (int64_t i = 0; i < n; i++) counts[digit.of(key_of(items[i]))]++;
}

/// Not inlined into sort_digits: there it took a fifth longer.
template <class Item>
__attribute__((noinline)) void scatter_items(const void* fromv, void* tov, int64_t n, int shift, int bits,
                                             uint32_t* places) noexcept {
  const Item* from = static_cast<const Item*>(fromv);
  Item* to = static_cast<Item*>(tov);
  const Digit<typename ItemTraits<Item>::key> digit(shift, bits);
  for (int64_t i = 0; i < n; i++) {
    const Item item = from[i];
    to[places[digit.of(key_of(item))]++] = item;
  }
}

/// Sorts by digits of `width` bits, the lowest first. Returns where the items end up.
template <class Item, int kPasses>
Item* sort_digits(Item* from, Item* to, int64_t n, int width, uint32_t* counts) {
  using K = typename ItemTraits<Item>::key;
  const int64_t values = int64_t{1} << width;
  const K mask = static_cast<K>(values - 1);
  memset(counts, 0, static_cast<size_t>(kPasses * values) * sizeof(uint32_t));
  for (int64_t i = 0; i < n; i++) {
    const K key = key_of(from[i]);
    GT_UNROLL
    for (int pass = 0; pass < kPasses; pass++) {
      counts[pass * values + static_cast<int64_t>((key >> (pass * width)) & mask)]++;
    }
  }
  for (int pass = 0; pass < kPasses; pass++, counts += values) {
    const Digit<K> digit(pass * width, width);
    if (counts[digit.of(key_of(from[0]))] == static_cast<uint32_t>(n)) continue;
    uint32_t place = 0;
    for (int64_t d = 0; d < values; d++) {
      const uint32_t count = counts[d];
      counts[d] = place;
      place += count;
    }
    scatter_items<Item>(from, to, n, pass * width, width, counts);
    Item* const was = from;
    from = to;
    to = was;
  }
  return from;
}

/// Fewer items are sorted by insertion.
constexpr int64_t kInserted = 32;
/// Fewer items use digits of eight bits: clearing the counts of wide ones would take longer than the items.
constexpr int64_t kWide = 8192;
static_assert(8 << 8 <= gradtape::kSortCounts &&
              ((64 + kSortBits - 1) / kSortBits) << kSortBits <= gradtape::kSortCounts);

template <class Item>
void* sort_low(void* itemsv, void* scratchv, int64_t n, int bits, uint32_t* counts) noexcept {
  Item* const items = static_cast<Item*>(itemsv);
  Item* const scratch = static_cast<Item*>(scratchv);
  if (bits == 0) return items;
  if (n <= kInserted) {
    for (int64_t i = 1; i < n; i++) {
      const Item item = items[i];
      int64_t j = i;
      for (; j > 0 && key_of(items[j - 1]) > key_of(item); j--) items[j] = items[j - 1];
      items[j] = item;
    }
    return items;
  }
  const int most = n < kWide ? 8 : kSortBits;
  const int passes = (bits + most - 1) / most, width = (bits + passes - 1) / passes;
  switch (passes) {
    case 1:
      return sort_digits<Item, 1>(items, scratch, n, width, counts);
    case 2:
      return sort_digits<Item, 2>(items, scratch, n, width, counts);
    case 3:
      return sort_digits<Item, 3>(items, scratch, n, width, counts);
    case 4:
      return sort_digits<Item, 4>(items, scratch, n, width, counts);
    default:
      break;
  }
  if constexpr (sizeof(typename ItemTraits<Item>::key) == 8) {
    if (passes == 5) return sort_digits<Item, 5>(items, scratch, n, width, counts);
    if (passes == 6) return sort_digits<Item, 6>(items, scratch, n, width, counts);
    if (passes == 7) return sort_digits<Item, 7>(items, scratch, n, width, counts);
    return sort_digits<Item, 8>(items, scratch, n, width, counts);
  }
  return items;
}

/// Rows up to this long are sorted by comparing all pairs, which is faster than by digits.
template <class K>
inline constexpr int64_t kRanked = kLanes<K> >= 16  ? 128
                                   : kLanes<K> >= 4 ? 64
                                                    : 40;

/// Sorts a short row by rank: an element's position is the number of smaller elements and of equal ones
/// before it. No branch depends on the elements.
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

/// Hides an index from the compiler, which would otherwise emit scatter instructions of 16 elements: these
/// take 12 times as long as single stores.
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

/// Adds the k greatest of n elements, the least index first among equals, to the `found` pairs (keys
/// complemented, in ascending order) already there. Returns the new number of pairs.
template <class T>
int64_t top_run(const void* xv, int64_t first, int64_t n, int64_t k, void* pairsv, int64_t found) noexcept {
  using K = key_t<T>;
  using P = Pair<K>;
  const T* x = static_cast<const T*>(xv);
  P* pairs = static_cast<P*>(pairsv);
  constexpr int kStep = 4 * kLanes<T>;
  for (int64_t i = 0; i < n;) {
    if (found == k && i + kStep <= n) {
      // Tests whether any of the next few qualifies. Ties with the last do not: they come later.
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

/// Merges `more` pairs, whose indices are all greater; returns the number of pairs, at most k.
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
  return {static_cast<int>(sizeof(Item)),
          kBits,
          &make_items<T, Item>,
          &take_items<T, Item>,
          &differing<Item>,
          &count_digit<Item>,
          &scatter_items<Item>,
          &sort_low<Item>};
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

}  // namespace

GT_FAMILY(sort, ByDType<SortKernels> sort) {
  table.sort = by_dtype<SortKernels>([]<class T>() -> SortKernels {
    if constexpr (is_ordered<T>) {
      return sort_kernels<T>();
    } else {
      return {};
    }
  });
}
