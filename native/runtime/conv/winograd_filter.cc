// The filter gradient by Winograd's algorithm. For each tile, N×N elements of x and M×M of dy are transformed
// to N² values per channel; their products are summed over the tiles, which makes N² matrices of input
// channels × output channels; and at the end these are transformed to the 3×3 weights. Tiles are split into
// chunks, whose number depends on the shape alone. Each chunk has its own partial sum, and these are added
// pairwise, so results do not depend on the number of threads.
#include <atomic>

#include "runtime/conv/winograd_tiles.h"
#include "runtime/memory/scratch.h"
#include "runtime/parallel/pairwise_sum.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kSize = kWinogradSize, kSkew = kWinogradSkew;
constexpr int64_t kMaxRows = 128, kMaxColumns = 256;  // maximum channels per unit of work
constexpr int64_t kBlock = 32;  // tiles transformed at a time: more are not faster and need more memory
constexpr int64_t kMaxChunks = 16;
constexpr int64_t kChunkTiles = 64;          // minimum tiles per chunk
constexpr int64_t kPartialBytes = 8 << 20;   // of all partial sums
constexpr int64_t kTilesPerTransform = 512;  // tiles whose products are summed before the weights transform

/// Splits channels into parts of about equal size, multiples of 16.
struct Parts {
  int64_t size, count;
  Parts(int64_t channels, int64_t most_channels) {
    const int64_t parts = (channels + most_channels - 1) / most_channels;
    size = parts == 1 ? channels : ((channels + parts - 1) / parts + 15) / 16 * 16;
    count = (channels + size - 1) / size;
  }
};

/// Elements between consecutive tiles. A multiple of 512 bytes would map their cache lines to the same sets.
int64_t pitch_of(int64_t channels) { return channels % 128 == 0 ? channels + 16 : channels; }

/// How the work is split, which depends on the shape alone.
struct Plan {
  Parts rows, columns;
  int64_t chunks;

  Plan(const WinogradShape& s, const Tiling& t)
      : rows(s.group_depth(), kMaxRows), columns(s.group_columns(), kMaxColumns), chunks(1) {
    while (chunks < kMaxChunks && 2 * chunks * 9 * s.weights() * kSize <= kPartialBytes &&
           t.tiles / (2 * chunks) >= kChunkTiles) {
      chunks *= 2;
    }
  }
};

/// The arguments that all units of work of a call share.
struct FilterSum {
  const MatmulKernels* matmul;
  const WinogradKernels* kernels;
  const WinogradShape* sides;
  const Tiling* tiling;
  const Plan* plan;
  Image x, dy;
  void* result;
  void* partials;  // partial sums of all chunks except the first, whose sum is `result`
  int64_t x_pitch, dy_pitch;
  int64_t x_plane, dy_plane, plane;

  int64_t elements() const { return 9 * sides->weights(); }
  int64_t units() const { return sides->groups * plan->rows.count * plan->columns.count; }
  int64_t scratch_bytes() const {
    const int64_t window = kernels->tile * kernels->tile * most(plan->rows.size, plan->columns.size);
    return (tiling->planes * (x_plane + dy_plane + plane) + window) * kSize;
  }
  void* sums(int64_t chunk) const {
    return chunk == 0 ? result : bytes_at(partials, (chunk - 1) * elements() * kSize);
  }
  void run(int64_t chunk, int64_t unit, void* scratch) const;
};

/// Computes a chunk's sum for one part of the input channels and one part of the output channels of a group.
void FilterSum::run(int64_t chunk, int64_t unit, void* scratch) const {
  const WinogradShape& s = *sides;
  const Tiling& t = *tiling;
  const Parts &rows = plan->rows, &columns = plan->columns;
  const int64_t group = unit / columns.count / rows.count;
  const int64_t row = unit / columns.count % rows.count * rows.size;
  const int64_t column = unit % columns.count * columns.size;
  const int64_t first_column = group * s.group_columns() + column;
  Image from = x, to = dy;
  from.data = bytes_at(x.data, (group * s.group_depth() + row) * kSize);
  from.channels = least(rows.size, s.group_depth() - row);
  to.data = bytes_at(dy.data, first_column * kSize);
  to.channels = least(columns.size, s.group_columns() - column);
  void* const v = scratch;
  void* const d = bytes_at(v, t.planes * x_plane * kSize);
  void* const sum = bytes_at(d, t.planes * dy_plane * kSize);
  void* const copy = bytes_at(sum, t.planes * plane * kSize);
  void* const out = bytes_at(sums(chunk), (row * s.columns + first_column) * kSize);
  MatmulBlock product = {};
  product.a_row = 1;
  product.a_col = x_pitch;
  product.b_row = dy_pitch;
  product.b_col = 1;
  product.c_row = columns.size;
  product.m = from.channels;
  product.n = to.channels;
  // Calls f(position, index) for the tiles in [begin, end) that are not empty. Returns how many there are.
  const auto each_tile = [&](int64_t begin, int64_t end, const auto& f) {
    int64_t count = 0;
    for (int64_t i = begin; i < end; i++) {
      const TilePosition at(t, i);
      if (at.y < s.height && at.x < s.width) f(at, count++);
    }
    return count;
  };
  const int64_t chunk_begin = t.tiles * chunk / plan->chunks, end = t.tiles * (chunk + 1) / plan->chunks;
  bool written = false;
  const auto transform_weights = [&] {
    for (int64_t i = 0; i < from.channels; i++) {
      kernels->weights(bytes_at(sum, i * columns.size * kSize), plane, to.channels,
                       bytes_at(out, i * s.columns * kSize), s.weights(), written);
    }
    written = true;
  };
  for (int64_t first = chunk_begin; first < end; first += kTilesPerTransform) {
    const int64_t count = least(kTilesPerTransform, end - first), blocks = (count + kBlock - 1) / kBlock;
    product.accumulate = false;
    for (int64_t b = 0; b < blocks; b++) {
      const int64_t begin = first + count * b / blocks, next = first + count * (b + 1) / blocks;
      product.k = each_tile(begin, next, [&](const TilePosition& at, int64_t i) {
        const Window w = from.window(kernels->tile, at.image, at.y - s.pad_y, at.x - s.pad_x, copy);
        kernels->input(w.first, w.row, w.column, from.channels, bytes_at(v, i * x_pitch * kSize), x_plane);
      });
      if (product.k == 0) continue;
      each_tile(begin, next, [&](const TilePosition& at, int64_t i) {
        const Window w = to.window(t.out, at.image, at.y, at.x, copy);
        kernels->gradient(w.first, w.row, w.column, to.channels, bytes_at(d, i * dy_pitch * kSize), dy_plane);
      });
      for (int64_t p = 0; p < t.planes; p++) {
        product.a = bytes_at(v, p * x_plane * kSize);
        product.b = bytes_at(d, p * dy_plane * kSize);
        product.c = bytes_at(sum, p * plane * kSize);
        matmul->block(product);
      }
      product.accumulate = true;
    }
    if (product.accumulate) transform_weights();
  }
  if (written) return;  // otherwise all tiles were empty
  __builtin_memset(sum, 0, static_cast<size_t>(t.planes * plane * kSize));
  transform_weights();
}

}  // namespace

double winograd_filter_cost(const WinogradShape& s, int n, int64_t lanes) {
  const Tiling t(s, n);
  const Plan plan(s, t);
  const double rows = static_cast<double>(s.group_depth()), columns = in_vectors(s.group_columns(), lanes);
  // A tile of one vector has too few accumulators to hide the latency of multiply-adds.
  const double narrow = s.group_columns() <= lanes ? 1.3 : 1;
  const double transforms = in_vectors(s.group_depth(), lanes) * static_cast<double>(plan.columns.count) +
                            columns * static_cast<double>(plan.rows.count);
  const double tile = rows * columns * narrow / 50 + transforms * 0.17;
  const double weights = rows * columns * static_cast<double>(plan.chunks) * 0.13;
  return static_cast<double>(t.planes * s.groups) * (static_cast<double>(t.tiles) * tile + weights);
}

bool run_winograd_filter(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call) {
  const WinogradShape s(call);
  const Tiling t(s, winograd.tile);
  const Plan plan(s, t);
  FilterSum sum = {};
  sum.matmul = &table.matmul[kFloat32];
  sum.kernels = &winograd;
  sum.sides = &s;
  sum.tiling = &t;
  sum.plan = &plan;
  sum.x = s.from_image(call.a);
  sum.dy = s.to_image(call.b);
  sum.result = call.result;
  sum.x_pitch = pitch_of(plan.rows.size);
  sum.dy_pitch = pitch_of(plan.columns.size);
  sum.x_plane = kBlock * sum.x_pitch + kSkew;
  sum.dy_plane = kBlock * sum.dy_pitch + kSkew;
  sum.plane = plan.rows.size * plan.columns.size + kSkew;
  const int64_t elements = sum.elements(), units = sum.units();
  Workspace partials((plan.chunks - 1) * elements * kSize);
  if (partials.failed()) return false;
  sum.partials = partials.as<void>();
  std::atomic<bool> allocated{true};
  const int64_t work = t.tiles * t.planes * s.weights();
  parallel_for_grains(plan.chunks * units, work / kConvGrain, [&](int64_t begin, int64_t end) {
    void* const scratch = thread_scratch(sum.scratch_bytes());
    if (scratch == nullptr) {
      allocated = false;
      return;
    }
    for (int64_t i = begin; i < end; i++) sum.run(i / units, i % units, scratch);
  });
  if (!allocated) return false;
  add_pairwise(table.conv[kFloat32], plan.chunks, elements, kSize,
               [&](int64_t chunk) { return sum.sums(chunk); });
  return true;
}

}  // namespace gradtape
