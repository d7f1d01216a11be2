#include "runtime/conv/conv_taps.h"

#include <stdint.h>

#include <atomic>
#include <new>

#include "runtime/memory/scratch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kPixelBlock = 192;         // pixels whose pointers are computed at a time,
constexpr int64_t kPointerBytes = 48 << 10;  // or fewer where there are many taps

}  // namespace

void TapProduct::run(const void* const* a, void* const* c, int64_t m, const TapRun* runs, const int64_t* ends,
                     int64_t parts) const {
  for (int64_t g = 0; g < groups; g++) {
    TapBlock block = {};
    block.a = a;
    block.a_stride = m;
    block.a_step = step;
    block.a_first = g * depth;
    block.b = bytes_at(weights, g * weights_group * element);
    block.b_row = weights_row;
    block.c = c;
    block.c_first = g * columns;
    block.m = m;
    block.n = columns;
    block.packed = packed;
    block.packed_rows = packed_rows;
    const Epilogue own = epilogue.from(g * columns * element);
    for (int64_t i = 0, first = 0; i < parts; first = ends[i++]) {
      block.runs = runs + first;
      block.count = ends[i] - first;
      block.accumulate = i > 0;
      if (i + 1 == parts && own.any()) block.epilogue = &own;
      (dots ? kernels->dots : kernels->taps)(block);
    }
  }
}

int64_t TapSum::build_runs(TapRun* runs, int64_t* ends) const {
  const int64_t each = run_terms(), terms = map.taps * depth;
  const int64_t wanted = terms == 0 ? 1 : (terms + kernels->depth - 1) / kernels->depth;
  int64_t parts = 0, made = 0, sum = 0;
  for (int64_t t = 0; t < map.taps; t++) {
    for (int64_t d = 0; d < depth; d += each) {
      const int64_t k = least(each, depth - d);
      runs[made++] = {t, d, tap_row[t] + d, k};
      sum += k;
      if (sum * wanted >= terms * (parts + 1)) ends[parts++] = made;
    }
  }
  if (parts == 0 || ends[parts - 1] < made) ends[parts++] = made;
  return parts;
}

bool TapSum::run() const {
  const int64_t pixels = map.pixels(), size = element;
  if (pixels == 0) return true;
  const int64_t count = run_count();
  Workspace list(count * static_cast<int64_t>(sizeof(TapRun)) + (count + 2) * 8);
  Workspace zeros(depth * groups * size);
  if (list.failed() || zeros.failed()) return false;
  __builtin_memset(zeros.as<void>(), 0, static_cast<size_t>(depth * groups * size));
  TapRun* const runs = list.as<TapRun>();
  int64_t* const ends = reinterpret_cast<int64_t*>(runs + count);
  const int64_t parts = build_runs(runs, ends);

  const int64_t tile = kernels->tile_rows;
  const int64_t fit = most(2 * tile, least(kPixelBlock, kPointerBytes / (8 * (map.taps + 1))));
  const int64_t block_pixels = fit / tile * tile;
  std::atomic<bool> allocated{true};
  parallel_for(
      pixels, kConvGrain / most(1, map.taps * depth * groups * columns) + 1,
      [&](int64_t begin, int64_t end) {
        const void** a = static_cast<const void**>(thread_scratch((map.taps + 1) * block_pixels * 8));
        if (a == nullptr) {
          allocated = false;
          return;
        }
        for (int64_t p = begin; p < end; p += block_pixels) {
          const int64_t m = least(block_pixels, end - p);
          void** c = const_cast<void**>(a + map.taps * m);
          map.fill_pointers(p, m, in, zeros.as<void>(), out, a, c);
          TapProduct::run(a, c, m, runs, ends, parts);
        }
      },
      tile);
  return allocated;
}

// ----------------------------------------------------------------------------------- small convolutions

thread_local SmallConv::Cache SmallConv::t_cache;
alignas(64) const char SmallConv::kZeros[kZeroBytes] = {};

const SmallConv* SmallConv::find(const KernelTable& table, const ConvCall& call) {
  Cache& cache = t_cache;
  if (cache.list == nullptr) return nullptr;
  for (int i = 0, at = cache.last; i < kCacheSize; i++) {
    const SmallConv& c = cache.list[at];
    if (c.ready_ && c.shape_ == call.shape && c.kind_ == call.kind && c.precision_ == call.precision &&
        c.table_ == &table) {
      cache.last = at;
      return &c;
    }
    if (++at == kCacheSize) at = 0;
  }
  return nullptr;
}

SmallConv* SmallConv::begin(const KernelTable& table, const ConvCall& call) {
  const ConvShape& s = call.shape;
  // A quick estimate, which rejects large calls early; `add` checks exactly.
  if (s.taps() > kMaxRuns || s.pixels() > kMaxOffsets || s.pixels() * (s.taps() + 1) > 4 * kMaxOffsets ||
      s.in_channels > kZeroBytes || s.out_channels > kZeroBytes) {
    return nullptr;
  }
  Cache& cache = t_cache;
  if (cache.list == nullptr) cache.list = new (std::nothrow) SmallConv[kCacheSize];
  if (cache.list == nullptr) return nullptr;
  SmallConv& c = cache.list[cache.oldest];
  c.ready_ = false;
  c.table_ = &table;
  c.kind_ = call.kind;
  c.precision_ = call.precision;
  c.shape_ = s;
  c.fits_ = true;
  c.pad_bytes_ = 0;
  c.sum_count_ = c.offset_count_ = c.run_count_ = c.end_count_ = c.outside_count_ = 0;
  return &c;
}

void SmallConv::add(const TapSum& sum) {
  const PixelMap& map = sum.map;
  const int64_t pixels = map.pixels(), runs = sum.run_count(), count = map.taps * pixels;
  if (!fits_ || pixels == 0) return;
  fits_ = sum_count_ < kSums && runs <= kMaxRuns - run_count_ && runs + 2 <= kEnds - end_count_ &&
          pixels <= kPixelBlock && count + pixels <= kMaxOffsets - offset_count_ &&
          sum.depth * sum.groups * sum.element <= kZeroBytes &&
          count * sum.depth * sum.groups * sum.columns <= kConvGrain;
  if (!fits_) return;
  const void* a[kMaxOffsets];
  void* c[kMaxOffsets];
  map.fill_pointers(0, pixels, sum.in, kZeros, sum.out, a, c);
  int64_t* const offsets = offsets_ + offset_count_;
  const int outside = outside_count_;
  for (int64_t i = 0; i < count; i++) {
    const bool reads = a[i] != kZeros;
    offsets[i] = reads ? bytes_between(sum.in, a[i]) : 0;
    if (!reads) outside_[outside_count_++] = static_cast<int16_t>(i);
  }
  for (int64_t i = 0; i < pixels; i++) offsets[count + i] = bytes_between(sum.out, c[i]);
  const int64_t parts = sum.build_runs(runs_ + run_count_, ends_ + end_count_);
  sums_[sum_count_++] = {static_cast<int>(pixels),
                         static_cast<int>(map.taps),
                         static_cast<int>(parts),
                         offset_count_,
                         run_count_,
                         end_count_,
                         outside,
                         outside_count_ - outside};
  offset_count_ += static_cast<int>(count + pixels);
  run_count_ += static_cast<int>(runs);
  end_count_ += static_cast<int>(parts);
  product_ = sum;
}

void SmallConv::add(const TapProduct& product, const TapRun* runs, int64_t count, const int64_t* a,
                    const int64_t* c, int64_t m) {
  fits_ = fits_ && sum_count_ < kSums && count <= kMaxRuns - run_count_ && 1 <= kEnds - end_count_ &&
          (count + 1) * m <= kMaxOffsets - offset_count_;
  if (!fits_) return;
  sums_[sum_count_++] = {static_cast<int>(m), static_cast<int>(count), 1, offset_count_, run_count_,
                         end_count_,          outside_count_,          0};
  __builtin_memcpy(runs_ + run_count_, runs, static_cast<size_t>(count) * sizeof(TapRun));
  for (int64_t i = 0; i < count * m; i++) offsets_[offset_count_++] = a[i];
  for (int64_t i = 0; i < m; i++) offsets_[offset_count_++] = c[i];
  run_count_ += static_cast<int>(count);
  ends_[end_count_++] = count;
  product_ = product;
}

void SmallConv::pad(const ConvShape& s, const int64_t* extent) {
  const int64_t pixel = s.in_channels * dtype_size(s.dtype);
  const int64_t row = extent[2] * pixel, in_row = s.in[2] * pixel;
  const PaddedColumns columns(s, extent);
  pad_bytes_ = s.batch * extent[0] * extent[1] * row;
  pad_row_ = (columns.right - columns.left) * pixel;
  pad_count_ = 0;
  fits_ = fits_ && pad_bytes_ <= kPadBytes && s.batch * s.in[0] * s.in[1] <= kPadRows;
  if (!fits_) return;
  int64_t from = (columns.left - s.pad[2]) * pixel;
  for (int64_t n = 0; n < s.batch; n++) {
    for (int64_t z = s.pad[0]; z < s.pad[0] + s.in[0]; z++) {
      for (int64_t y = s.pad[1]; y < s.pad[1] + s.in[1]; y++, from += in_row) {
        if (z < 0 || z >= extent[0] || y < 0 || y >= extent[1]) continue;
        const int64_t to = ((n * extent[0] + z) * extent[1] + y) * row + columns.left * pixel;
        pad_rows_[pad_count_++] = {static_cast<int32_t>(from), static_cast<int32_t>(to)};
      }
    }
  }
}

bool SmallConv::done() {
  const ConvShape& s = shape_;
  const bool forward = kind_ == ConvKind::kForward;
  if (!fits_ || sum_count_ == 0 || (forward && product_.packed)) return false;
  weights_ = kind_ == ConvKind::kFilterGradient ? Weights::kPlain
             : forward != product_.dots         ? Weights::kPlain
             : forward                          ? Weights::kTerms
                                                : Weights::kColumns;
  if (weights_ != Weights::kPlain &&
      s.taps() * s.in_channels * s.group_out() * product_.element > kWeightBytes) {
    return false;
  }
  if (weights_ == Weights::kColumns) {
    product_.packed = false;
    product_.weights_row = product_.columns;
    product_.weights_group = s.taps() * product_.depth * product_.columns;
  }
  product_.epilogue = {};
  ready_ = true;
  Cache& cache = t_cache;
  cache.last = cache.oldest;
  cache.oldest = (cache.oldest + 1) % kCacheSize;
  return true;
}

namespace {

/// For each group, to[t · depth + i][l] = filter[t][l][i]. Plain loops, because they are short.
template <class T>
void transpose_weights(const ConvShape& s, const void* filter, void* to) {
  const T* const from = static_cast<const T*>(filter);
  T* out = static_cast<T*>(to);
  const int64_t taps = s.taps(), depth = s.group_out(), columns = s.group_in();
  for (int64_t g = 0; g < s.groups; g++) {
    for (int64_t t = 0; t < taps; t++, out += depth * columns) {
      const T* row = from + t * columns * s.out_channels + g * depth;
      for (int64_t l = 0; l < columns; l++, row += s.out_channels) {
        for (int64_t i = 0; i < depth; i++) out[i * columns + l] = row[i];
      }
    }
  }
}

}  // namespace

void SmallConv::write_weights(const void* filter, void* to) const {
  const ConvShape& s = shape_;
  const bool wide = product_.element == 8;
  if (weights_ == Weights::kTerms) {
    const int64_t terms = product_.weights_row;
    table_->copy[size_index(wide ? 8 : 4)].plane(filter, 1, s.out_channels, to, terms, 1, s.out_channels,
                                                 terms);
  } else if (wide) {
    transpose_weights<double>(s, filter, to);
  } else {
    transpose_weights<float>(s, filter, to);
  }
}

void SmallConv::write_padded(const void* x, void* to) const {
  __builtin_memset(to, 0, static_cast<size_t>(pad_bytes_));
  for (int i = 0; i < pad_count_; i++) {
    const PadRow& row = pad_rows_[i];
    __builtin_memcpy(bytes_at(to, row.to), bytes_at(x, row.from), static_cast<size_t>(pad_row_));
  }
}

void SmallConv::run(const ConvCall& call) const {
  alignas(64) char weights[kWeightBytes];
  alignas(64) char padded[kPadBytes];
  TapProduct product = product_;
  product.weights = call.b;
  product.epilogue = call.epilogue;
  if (weights_ != Weights::kPlain) {
    write_weights(call.b, weights);
    product.weights = weights;
  }
  const void* x = call.a;
  if (pad_bytes_ > 0) {
    write_padded(x, padded);
    x = padded;
  }
  const void* a[kMaxOffsets];
  void* c[kMaxOffsets];
  for (int i = 0; i < sum_count_; i++) {
    const Sum& sum = sums_[i];
    const int64_t* offset = offsets_ + sum.offsets;
    const int16_t* const outside = outside_ + sum.outside;
    const int count = sum.taps * sum.pixels;
    for (int k = 0; k < count; k++) a[k] = bytes_at(x, offset[k]);
    for (int k = 0; k < sum.outside_count; k++) a[outside[k]] = kZeros;
    offset += count;
    for (int k = 0; k < sum.pixels; k++) c[k] = bytes_at(call.result, offset[k]);
    product.run(a, c, sum.pixels, runs_ + sum.runs, ends_ + sum.ends, sum.parts);
  }
}

}  // namespace gradtape
