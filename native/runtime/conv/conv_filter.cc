// The gradient of a convolution with respect to its filter, by direct sums: for each tap, the matrix product
// of x's channels and dy's channels over all pixels. Pixels are split into chunks, whose number depends on
// the shape alone. Each chunk has its own partial sum, and these are added pairwise at the end, so results do
// not depend on the number of threads.
#include <atomic>

#include "runtime/conv/conv_map.h"
#include "runtime/conv/conv_taps.h"
#include "runtime/memory/scratch.h"
#include "runtime/parallel/pairwise_sum.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kBlockPixels = 512;  // x, dy and the sums of a block stay in L2
constexpr int64_t kMaxChunks = 8;
constexpr int64_t kPartialBytes = 8 << 20;  // of all partial sums
constexpr int64_t kRowBlock = 64;           // rows of the result per unit of work

/// The arguments that all units of work of a call share.
struct FilterSum {
  const ConvKernels* kernels;
  const ConvShape* shape;
  PixelMap map;               // from the pixels of y to those of x
  int64_t rows;               // input channels of each tap and group; more if taps are merged
  const int64_t* row_offset;  // offset in x of each row of a tap, in elements from the pixel
  const void* x;
  const void* dy;
  int64_t pixels;  // maximum per block
  bool packed;     // dy is packed into panels, which must fit L1 where there are few registers

  /// Calls f(run, index in x of its first pixel) for the runs of pixels in [first, first + count) for which
  /// tap t is inside x. Returns the number of runs.
  template <class F>
  int64_t each_run(int64_t first, int64_t count, int64_t t, const F& f) const;
  /// Prepares the calls of `block` for the pixels [first, first + count): packs dy.
  void begin(int64_t first, int64_t count, void* scratch) const;
  /// Adds these pixels to the sums of rows [row, row + m) of tap t at `out`.
  void block(int64_t first, int64_t count, int64_t t, int64_t row, int64_t m, void* out, bool accumulate,
             void* scratch) const;
  /// Records the same computation, with all pixels as one block, in the plan of a small convolution.
  void record(SmallConv* small) const;
  /// Bytes of scratch of a block.
  int64_t scratch_bytes() const { return panels_bytes() + tables_bytes(); }
  int64_t panel_elements() const {
    return pixels * ((shape->group_out() + kernels->lanes - 1) / kernels->lanes * kernels->lanes);
  }
  int64_t panels_bytes() const { return packed ? shape->groups * panel_elements() * map.element : 0; }
  int64_t tables_bytes() const;
};

int64_t runs_of(const PixelMap& map, int64_t pixels) { return pixels / map.size[2] + 2; }

int64_t FilterSum::tables_bytes() const {
  const int64_t runs = runs_of(map, pixels);
  return runs * (static_cast<int64_t>(sizeof(TapRun)) + kRowBlock * 8) + kRowBlock * 8;
}

void FilterSum::begin(int64_t first, int64_t count, void* scratch) const {
  if (!packed) return;
  const int64_t width = shape->group_out();
  for (int64_t g = 0; g < shape->groups; g++) {
    kernels->pack(bytes_at(dy, (first * shape->out_channels + g * width) * map.element), shape->out_channels,
                  1, count, width, bytes_at(scratch, g * panel_elements() * map.element), 0, count);
  }
}

template <class F>
int64_t FilterSum::each_run(int64_t first, int64_t count, int64_t t, const F& f) const {
  PixelRuns all(map.size, first, count);
  PixelRun run;
  int64_t used = 0;
  for (int64_t at_pixel = 0; all.next(&run); at_pixel += run.length) {
    int64_t from = 0, to = 0, at = 0;
    if (!map.inside(run, t, &from, &to, &at)) continue;
    f(TapRun{used, 0, at_pixel + from, to - from}, at);
    used++;
  }
  return used;
}

void FilterSum::block(int64_t first, int64_t count, int64_t t, int64_t row, int64_t m, void* out,
                      bool accumulate, void* scratch) const {
  const int64_t size = map.element;
  void** const c = static_cast<void**>(bytes_at(scratch, panels_bytes()));
  TapRun* const runs = reinterpret_cast<TapRun*>(c + kRowBlock);
  const void** const a = reinterpret_cast<const void**>(runs + runs_of(map, pixels));
  for (int64_t i = 0; i < m; i++) c[i] = bytes_at(out, (t * rows + row + i) * shape->out_channels * size);
  const int64_t used = each_run(first, count, t, [&](const TapRun& run, int64_t at) {
    runs[run.slot] = run;
    for (int64_t i = 0; i < m; i++) a[run.slot * m + i] = bytes_at(x, (at + row_offset[row + i]) * size);
  });
  TapBlock block = {};
  block.a = a;
  block.a_stride = m;
  block.a_step = map.step[2] * map.in_pitch[2];
  block.runs = runs;
  block.count = used;
  block.b_row = shape->out_channels;
  block.c = c;
  block.m = m;
  block.n = shape->group_out();
  block.accumulate = accumulate;
  block.packed = packed;
  block.packed_rows = count;
  for (int64_t g = 0; g < shape->groups; g++) {
    block.a_first = g * shape->group_in();
    block.b = packed ? bytes_at(scratch, g * panel_elements() * size)
                     : bytes_at(dy, (first * shape->out_channels + g * block.n) * size);
    block.c_first = g * block.n;
    kernels->taps(block);
  }
}

void FilterSum::record(SmallConv* small) const {
  const int64_t size = map.element;
  TapProduct product = {};
  product.kernels = kernels;
  product.groups = shape->groups;
  product.depth = shape->group_in();
  product.step = map.step[2] * map.in_pitch[2];
  product.columns = shape->group_out();
  product.element = size;
  product.weights_row = shape->out_channels;
  product.weights_group = product.columns;
  for (int64_t t = 0; t < map.taps; t++) {
    for (int64_t row = 0; row < rows; row += kRowBlock) {
      const int64_t m = least(kRowBlock, rows - row);
      TapRun runs[SmallConv::kMaxRuns];
      int64_t a[SmallConv::kMaxOffsets], c[kRowBlock];
      for (int64_t i = 0; i < m; i++) c[i] = (t * rows + row + i) * shape->out_channels * size;
      const int64_t used = each_run(0, shape->pixels(), t, [&](const TapRun& run, int64_t at) {
        // Calls that do not fit are rejected below.
        if (run.slot >= SmallConv::kMaxRuns || (run.slot + 1) * m > SmallConv::kMaxOffsets) return;
        runs[run.slot] = run;
        for (int64_t i = 0; i < m; i++) a[run.slot * m + i] = (at + row_offset[row + i]) * size;
      });
      small->add(product, runs, used, a, c, m);
    }
  }
}

}  // namespace

bool run_conv_filter(const ConvKernels& kernels, const ConvCall& call, SmallConv* small) {
  ConvShape s = call.shape;
  const int64_t size = dtype_size(s.dtype);
  const int64_t elements = s.taps() * s.group_in() * s.out_channels;
  const int64_t pixels = s.pixels();
  if (elements == 0) return true;
  if (pixels == 0) {
    __builtin_memset(call.result, 0, static_cast<size_t>(elements * size));
    return true;
  }
  const void* x = call.a;
  int64_t extent[3] = {};
  // With few channels the taps are merged: all of them are rows of one product.
  const bool merge = merges_taps(s), pad = merge && !stays_inside(s);
  if (pad) padded_extent(s, extent);
  const bool copies = pad && small == nullptr;
  if (pad && small != nullptr) small->pad(s, extent);
  Workspace padded(copies ? s.batch * extent[0] * extent[1] * extent[2] * s.in_channels * size : 0);
  if (padded.failed()) return false;
  if (copies) {
    pad_input(s, extent, x, padded.as<void>());
    x = padded.as<void>();
  }
  if (pad) {
    for (int d = 0; d < 3; d++) s.in[d] = extent[d], s.pad[d] = 0;
  }
  const int64_t taps = merge ? 1 : s.taps();
  const int64_t rows = merge ? s.taps() * s.in_channels : s.group_in();
  Workspace table((taps * 3 + rows) * 8);
  if (table.failed()) return false;
  int64_t(*const offset)[3] = table.as<int64_t[3]>();
  int64_t* const row_offset = table.as<int64_t>() + taps * 3;

  FilterSum sum = {};
  sum.kernels = &kernels;
  sum.shape = &s;
  sum.rows = rows;
  sum.row_offset = row_offset;
  sum.x = x;
  sum.dy = call.b;
  sum.packed = kernels.depth < kBlockPixels;
  sum.pixels = least(kernels.depth, kBlockPixels);
  sum.map.batch = s.batch;
  sum.map.element = size;
  sum.map.taps = taps;
  sum.map.offset = offset;
  int64_t in = s.in_channels;
  for (int d = 2; d >= 0; d--) {
    sum.map.size[d] = s.out[d];
    sum.map.in_size[d] = s.in[d];
    sum.map.step[d] = s.stride[d];
    sum.map.in_pitch[d] = in;
    in *= s.in[d];
  }
  sum.map.in_batch = in;
  for (int64_t t = 0, i = 0; i < s.kernel[0]; i++) {
    for (int64_t j = 0; j < s.kernel[1]; j++) {
      for (int64_t l = 0; l < s.kernel[2]; l++, t++) {
        const int64_t tap[3] = {i, j, l};
        int64_t at = 0;
        for (int d = 0; d < 3; d++) {
          if (!merge) offset[t][d] = tap[d] * s.dilation[d] - s.pad[d];
          at += tap[d] * s.dilation[d] * sum.map.in_pitch[d];
        }
        for (int64_t ci = 0; merge && ci < s.in_channels; ci++) row_offset[t * s.in_channels + ci] = at + ci;
      }
    }
  }
  if (merge) {
    for (int d = 0; d < 3; d++) offset[0][d] = 0;
    // Every tap is inside x, so checking the offset of the first one is enough for the merged tap.
  } else {
    for (int64_t i = 0; i < rows; i++) row_offset[i] = i;
  }

  int64_t chunks = 1;
  while (chunks < kMaxChunks && 2 * chunks * elements * size <= kPartialBytes &&
         pixels / (2 * chunks) >= kBlockPixels / 2) {
    chunks *= 2;
  }
  const int64_t work = pixels * rows * taps * s.out_channels;
  if (small != nullptr) {
    if (chunks == 1 && pixels <= sum.pixels && work <= kConvGrain) sum.record(small);
    return true;
  }
  const int64_t row_blocks = (rows + kRowBlock - 1) / kRowBlock;
  const int64_t units = taps * row_blocks;  // per chunk
  Workspace partials((chunks - 1) * elements * size);
  if (partials.failed()) return false;
  const auto sums = [&](int64_t chunk) {
    return chunk == 0 ? call.result : bytes_at(partials.as<void>(), (chunk - 1) * elements * size);
  };
  std::atomic<bool> allocated{true};
  parallel_for_grains(chunks * units, work / kConvGrain, [&](int64_t begin, int64_t end) {
    void* const scratch = thread_scratch(sum.scratch_bytes());
    if (scratch == nullptr) {
      allocated = false;
      return;
    }
    for (int64_t chunk = begin / units; chunk * units < end; chunk++) {
      const int64_t unit_begin = most(0, begin - chunk * units), unit_end = least(units, end - chunk * units);
      const int64_t chunk_begin = pixels * chunk / chunks, chunk_end = pixels * (chunk + 1) / chunks;
      for (int64_t first = chunk_begin; first < chunk_end; first += sum.pixels) {
        const int64_t count = least(sum.pixels, chunk_end - first);
        sum.begin(first, count, scratch);
        for (int64_t u = unit_begin; u < unit_end; u++) {
          const int64_t row = u % row_blocks * kRowBlock;
          sum.block(first, count, u / row_blocks, row, least(kRowBlock, rows - row), sums(chunk),
                    first > chunk_begin, scratch);
        }
      }
    }
  });
  if (!allocated) return false;
  add_pairwise(kernels, chunks, elements, size, sums);
  return true;
}

}  // namespace gradtape
