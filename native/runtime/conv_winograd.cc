// Winograd's algorithm: N×N inputs of each channel become N² numbers, the filter's likewise; for each of the
// N² one product of matrices over the channels; then N² sums become (N − 2)² outputs. F(4×4) takes 2.25
// multiplications for each output and channel, F(2×2) 4, plain sums 9. Tiles are taken in blocks whose
// numbers stay in L2. With a dilation d, outputs whose positions are the same modulo d read inputs d apart:
// each such phase has tiles of its own, whose rows and columns are d apart in memory.
#include "conv_winograd.h"

#include <atomic>

#include "conv_map.h"
#include "pool.h"
#include "scratch.h"

namespace gradtape {

namespace {

constexpr int64_t kBlockBytes = 480 << 10;  // of the numbers of a block of tiles
constexpr int64_t kFewTiles = 24, kManyTiles = 96;
constexpr int64_t kSkew = 16;  // elements between planes, so that their lines do not collide
constexpr int64_t kSize = 4;

/// The convolution as both directions have it: `to` at (y, x) reads `from` at (y − pad_y + i · step_y, x −
/// pad_x + j · step_x).
struct Sides {
  int64_t batch;
  int64_t from_height, from_width, depth;
  int64_t height, width, columns;
  int64_t groups;
  int64_t pad_y, pad_x;
  int64_t step_y, step_x;

  explicit Sides(const ConvCall& call) {
    const ConvShape& s = call.shape;
    const bool forward = call.kind == ConvKind::kForward;
    const int64_t* const from = forward ? s.in : s.out;
    const int64_t* const to = forward ? s.out : s.in;
    batch = s.batch * s.in[0];
    from_height = from[1], from_width = from[2];
    height = to[1], width = to[2];
    depth = forward ? s.in_channels : s.out_channels;
    columns = forward ? s.out_channels : s.in_channels;
    groups = s.groups;
    step_y = s.dilation[1], step_x = s.dilation[2];
    pad_y = forward ? s.pad[1] : 2 * step_y - s.pad[1];
    pad_x = forward ? s.pad[2] : 2 * step_x - s.pad[2];
  }
  int64_t group_depth() const { return depth / groups; }
  int64_t group_columns() const { return columns / groups; }
  int64_t weights() const { return group_depth() * columns; }
};

/// Tiles along one dimension: those of all phases that begin near each other are neighbours.
struct Axis {
  int64_t phases, span, count;  // span: from a tile to the next of its phase

  /// Of `size` outputs, M of which are in a tile, their inputs `step` apart.
  Axis(int64_t size, int64_t step, int64_t out) : phases(least(step, size)), span(step * out) {
    count = (size + span - 1) / span * phases;
  }
  /// The first output of tile i. It may not exist: the last tiles of the later phases can be empty.
  int64_t first(int64_t i) const { return phases == 1 ? i * span : i / phases * span + i % phases; }
};
/// Of `size` − `from` elements those that a tile with this step takes: 0 to n.
int64_t taken(int64_t n, int64_t size, int64_t from, int64_t step) {
  const int64_t rest = most(0, size - from);
  return least(n, step == 1 ? rest : (rest + step - 1) / step);
}

/// How a call is cut into tiles and blocks of them.
struct Tiling {
  int64_t out, planes;  // M and N²
  Axis down, across;
  int64_t tiles, block;

  Tiling(const Sides& s, int n)
      : out(n - 2), planes(n * n), down(s.height, s.step_y, n - 2), across(s.width, s.step_x, n - 2) {
    tiles = s.batch * down.count * across.count;
    const int64_t each = planes * (s.depth + s.columns) * kSize;
    block = most(kFewTiles, least(kManyTiles, kBlockBytes / each / 6 * 6));
  }
};

bool fits(const ConvShape& s) {
  for (int d = 1; d < 3; d++) {
    // A phase of one element is no tile.
    const bool near = s.dilation[d] == 1 || s.dilation[d] < least(s.in[d], s.out[d]);
    if (s.kernel[d] != 3 || s.stride[d] != 1 || !near) return false;
  }
  // With few channels the transforms are most of the work: to reckon that would take a tenth of a small call.
  if (s.groups == 1 && least(s.in_channels, s.out_channels) <= 8) return false;
  return s.dtype == 0 && s.kernel[0] == 1 && s.stride[0] == 1 && s.pad[0] == 0 && s.in[0] == s.out[0];
}

/// Columns of all groups as registers hold them: a group's last vector is filled up.
double full_columns(const Sides& s, int64_t lanes) {
  if (s.groups == 1) return static_cast<double>(s.columns);
  return static_cast<double>((s.group_columns() + lanes - 1) / lanes * lanes * s.groups);
}
/// Nanoseconds of one thread, roughly, as measured with 512-bit vectors; what counts are the proportions.
double winograd_cost(const Sides& s, int n, int64_t lanes) {
  const Tiling t(s, n);
  const double planes = static_cast<double>(t.planes), tiles = static_cast<double>(t.tiles);
  const double depth = static_cast<double>(s.depth), columns = static_cast<double>(s.columns);
  const double terms = static_cast<double>(s.group_depth()), weights = static_cast<double>(s.weights());
  // The filter's numbers are read for each block of tiles: from memory, where L2 cannot hold them.
  const double each = planes * weights * kSize > 1 << 20 ? 1.5 : 0.2;
  const double products = full_columns(s, lanes) * (terms + 8) / 50;
  return planes * (tiles * (products + depth * 0.44 + columns * 0.28) + weights * each);
}
double direct_cost(const Sides& s, const ConvKernels& kernels) {
  const bool dots = few_columns(kernels, s.group_columns(), s.group_depth());
  const double columns = dots ? static_cast<double>(s.columns) : full_columns(s, kernels.lanes);
  // Groups are narrow: a tile of one vector has too few sums for the latency of multiply-adds, and there is
  // little depth to each tap, whose pointers have to be loaded.
  const double narrow = s.groups > 1 && s.group_columns() <= kernels.lanes ? 1.3 : 1;
  const int64_t depth = s.group_depth() + (s.groups > 1 ? 2 : 0);
  return static_cast<double>(s.batch * s.height * s.width * 9 * depth) * columns * narrow / 55;
}

/// What all threads read: the filter's numbers, group after group, in panels where the product wants that.
struct Filter {
  const void* u;
  int64_t plane, group, depth_step;  // elements between planes, groups, and parts of the depth
  int64_t depth;                     // of a part
  bool packed;
};

/// Where a tile's first output lies.
struct Place {
  int64_t image, y, x;
  Place(const Tiling& t, int64_t tile) {
    const int64_t line = tile / t.across.count;
    image = line / t.down.count;
    y = t.down.first(line % t.down.count);
    x = t.across.first(tile % t.across.count);
  }
};

/// The n×n inputs from (y, x) on of an image, with zeros where they are outside.
void copy_window(const Sides& s, int64_t n, const char* image, int64_t y, int64_t x, char* window) {
  const int64_t pixel = s.depth * kSize, step = s.step_x;
  const int64_t left = least(n, x >= 0 ? 0 : (step - 1 - x) / step);
  const int64_t right = most(left, taken(n, s.from_width, x, step));
  for (int64_t r = 0; r < n; r++, y += s.step_y, window += n * pixel) {
    const bool inside = y >= 0 && y < s.from_height && left < right;
    __builtin_memset(window, 0, static_cast<size_t>((inside ? left : n) * pixel));
    if (!inside) continue;
    const char* const line = image + (y * s.from_width + x) * pixel;
    if (step == 1) {
      __builtin_memcpy(window + left * pixel, line + left * pixel,
                       static_cast<size_t>((right - left) * pixel));
    } else {
      for (int64_t j = left; j < right; j++) {
        __builtin_memcpy(window + j * pixel, line + j * step * pixel, static_cast<size_t>(pixel));
      }
    }
    __builtin_memset(window + right * pixel, 0, static_cast<size_t>((n - right) * pixel));
  }
}

/// Tiles [begin, end) on the calling thread.
bool run_tiles(const KernelTable& table, const WinogradKernels& kernels, const Sides& s, const Tiling& t,
               const Filter& filter, const ConvCall& call, int64_t begin, int64_t end) {
  const int64_t n = kernels.tile, pixel = s.depth * kSize;
  const int64_t block = least(t.block, end - begin);
  const int64_t v_plane = block * s.depth + kSkew, m_plane = block * s.columns + kSkew;
  char* const scratch =
      static_cast<char*>(thread_scratch((t.planes * (v_plane + m_plane + s.depth)) * kSize));
  if (scratch == nullptr) return false;
  char* const v = scratch;
  char* const m = v + t.planes * v_plane * kSize;
  char* const window = m + t.planes * m_plane * kSize;  // a tile at the border, with its zeros
  const MatmulKernels& matmul = table.matmul[0];
  for (int64_t first = begin; first < end; first += block) {
    const int64_t count = least(block, end - first);
    for (int64_t i = 0; i < count; i++) {
      const Place to(t, first + i);
      const int64_t y = to.y - s.pad_y, x = to.x - s.pad_x;
      const char* source = static_cast<const char*>(call.a) + to.image * s.from_height * s.from_width * pixel;
      int64_t row = s.step_y * s.from_width * s.depth, column = s.step_x * s.depth;
      if (y >= 0 && x >= 0 && y + (n - 1) * s.step_y < s.from_height &&
          x + (n - 1) * s.step_x < s.from_width) {
        source += (y * s.from_width + x) * pixel;
      } else {
        copy_window(s, n, source, y, x, window);
        source = window;
        column = s.depth;
        row = n * column;
      }
      kernels.input(source, row, column, s.depth, v + i * pixel, v_plane);
    }
    for (int64_t p = 0; p < t.planes; p++) {
      MatmulBlock product = {};
      product.a_row = s.depth;
      product.a_col = 1;
      product.b_row = s.group_columns();
      product.b_col = 1;
      product.c_row = s.columns;
      product.m = count;
      product.n = s.group_columns();
      product.packed = filter.packed;
      for (int64_t g = 0; g < s.groups; g++) {
        const char* const a = v + (p * v_plane + g * s.group_depth()) * kSize;
        const int64_t b = p * filter.plane + g * filter.group;
        product.c = m + (p * m_plane + g * s.group_columns()) * kSize;
        for (int64_t d = 0, part = 0; d < s.group_depth(); d += filter.depth, part++) {
          product.a = a + d * kSize;
          product.b = bytes_at(filter.u, (b + part * filter.depth_step) * kSize);
          product.k = least(filter.depth, s.group_depth() - d);
          product.accumulate = d > 0;
          matmul.block(product);
        }
      }
    }
    for (int64_t i = 0; i < count; i++) {
      const Place to(t, first + i);
      const int64_t rows = taken(t.out, s.height, to.y, s.step_y);
      const int64_t columns = taken(t.out, s.width, to.x, s.step_x);
      if (rows == 0 || columns == 0) continue;
      kernels.output(
          m + i * s.columns * kSize, m_plane, s.columns,
          bytes_at(call.result, ((to.image * s.height + to.y) * s.width + to.x) * s.columns * kSize),
          s.step_y * s.width * s.columns, s.step_x * s.columns, rows, columns,
          call.finish.any() ? &call.finish : nullptr);
    }
  }
  return true;
}

}  // namespace

const WinogradKernels* choose_winograd(const KernelTable& table, const ConvCall& call) {
  if (call.precision == ConvPrecision::kExact || call.kind == ConvKind::kFilterGradient ||
      !fits(call.shape)) {
    return nullptr;
  }
  const Sides sides(call);
  const WinogradKernels* best = nullptr;
  double cost = direct_cost(sides, table.conv[0]);
  const int allowed = call.precision == ConvPrecision::kFast ? 2 : 1;
  for (int i = 0; i < allowed; i++) {
    const double own = winograd_cost(sides, table.winograd[i].tile, table.matmul[0].lanes);
    if (own < cost) cost = own, best = &table.winograd[i];
  }
  return best;
}

bool run_winograd(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call) {
  const Sides s(call);
  const Tiling t(s, winograd.tile);
  const MatmulKernels& matmul = table.matmul[0];
  const int64_t weights = s.weights(), depth = s.group_depth(), columns = s.group_columns();
  const bool turned = call.kind == ConvKind::kInputGradient, moved = turned || s.groups > 1;
  Temporary swapped(moved ? 9 * weights * kSize : 0);
  Temporary numbers(t.planes * (weights + kSkew) * kSize);
  if (swapped.failed() || numbers.failed()) return false;
  const void* w = call.b;
  if (moved) {  // group after group; for the gradient taps the other way round, channels exchanged
    const int64_t row = turned ? 1 : s.columns, step = turned ? s.depth : 1;
    const int64_t group = turned ? depth : columns;
    parallel_for(9 * s.groups, (1 << 15) / (depth * columns) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t tap = i / s.groups, g = i % s.groups;
        const int64_t to = (turned ? 8 - tap : tap) * weights + g * depth * columns;
        table.copy[2].plane(bytes_at(call.b, (tap * weights + g * group) * kSize), row, step,
                            bytes_at(swapped.as<void>(), to * kSize), columns, 1, depth, columns);
      }
    });
    w = swapped.as<void>();
  }
  parallel_for(
      weights, 1 << 13,
      [&](int64_t begin, int64_t end) {
        winograd.filter(bytes_at(w, begin * kSize), weights, end - begin,
                        bytes_at(numbers.as<void>(), begin * kSize), weights + kSkew);
      },
      16);
  Filter filter = {};
  filter.u = numbers.as<void>();
  filter.plane = weights + kSkew;
  filter.group = depth * columns;
  filter.depth = depth <= matmul.whole_depth ? depth : matmul.depth;
  filter.depth_step = filter.depth * columns;
  filter.packed = filter.group * kSize > matmul.pack_bytes;
  const int64_t wide = (columns + matmul.lanes - 1) / matmul.lanes * matmul.lanes;
  Temporary panels(filter.packed ? t.planes * s.groups * depth * wide * kSize : 0);
  if (panels.failed()) return false;
  if (filter.packed) {
    const int64_t matrices = t.planes * s.groups;
    parallel_for(matrices, (1 << 16) / filter.group + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t from = i / s.groups * filter.plane + i % s.groups * filter.group;
        for (int64_t d = 0; d < depth; d += filter.depth) {
          matmul.pack(bytes_at(numbers.as<void>(), (from + d * columns) * kSize), columns, 1,
                      least(filter.depth, depth - d), columns,
                      bytes_at(panels.as<void>(), (i * depth + d) * wide * kSize));
        }
      }
    });
    filter.u = panels.as<void>();
    filter.group = depth * wide;
    filter.plane = s.groups * filter.group;
    filter.depth_step = filter.depth * wide;
  }
  std::atomic<bool> enough{true};
  parallel_for(
      t.tiles, kConvGrain / most(1, t.planes * weights) + 1,
      [&](int64_t begin, int64_t end) {
        if (!run_tiles(table, winograd, s, t, filter, call, begin, end)) enough = false;
      },
      6);
  return enough;
}

}  // namespace gradtape
