// Winograd's algorithm for the forward pass and the input gradient. The filter and each N×N input tile are
// transformed to N² values per channel; each of these N² planes is a matrix product over the channels; and
// each N×N result is transformed to (N − 2)² outputs. Per output and channel, F(4×4) takes 2.25
// multiplications, F(2×2) 4, and direct sums 9. Tiles are processed in blocks whose transforms stay in L2.
#include "runtime/conv/winograd.h"

#include <atomic>

#include "runtime/conv/winograd_tiles.h"
#include "runtime/memory/scratch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kSize = kWinogradSize, kSkew = kWinogradSkew;
constexpr int64_t kBlockBytes = 480 << 10;  // of the transforms of a block of tiles
constexpr int64_t kFewTiles = 24, kManyTiles = 96;

bool fits(const ConvShape& s) {
  for (int d = 1; d < 3; d++) {
    // A phase that has only one element does not fill a tile.
    const bool near = s.dilation[d] == 1 || s.dilation[d] < least(s.in[d], s.out[d]);
    if (s.kernel[d] != 3 || s.stride[d] != 1 || !near) return false;
  }
  // With few channels the transforms dominate. Decided without the cost model, which would take 10% of a
  // small call.
  if (s.groups == 1 && least(s.in_channels, s.out_channels) <= 8) return false;
  return s.dtype == kFloat32 && s.kernel[0] == 1 && s.stride[0] == 1 && s.pad[0] == 0 && s.in[0] == s.out[0];
}

/// The columns of all groups; if there are several, each group's columns are rounded up to full vectors.
double full_columns(const WinogradShape& s, int64_t lanes) {
  if (s.groups == 1) return static_cast<double>(s.columns);
  return in_vectors(s.group_columns(), lanes) * static_cast<double>(s.groups);
}

/// Cost model: approximate nanoseconds on one thread, fitted to measurements with 512-bit vectors. Costs are
/// only compared with each other.
double winograd_cost(const WinogradShape& s, int n, int64_t lanes) {
  const Tiling t(s, n);
  const double planes = static_cast<double>(t.planes), tiles = static_cast<double>(t.tiles);
  const double depth = static_cast<double>(s.depth), columns = static_cast<double>(s.columns);
  const double terms = static_cast<double>(s.group_depth()), weights = static_cast<double>(s.weights());
  // The transformed filter is read for each block of tiles, from memory if it does not fit L2.
  const double each = planes * weights * kSize > 1 << 20 ? 1.5 : 0.2;
  const double products = full_columns(s, lanes) * (terms + 8) / 50;
  return planes * (tiles * (products + depth * 0.44 + columns * 0.28) + weights * each);
}

/// The columns that direct sums compute, with the padding to full vectors.
double direct_columns(const WinogradShape& s, const ConvKernels& kernels, bool filter_gradient) {
  const double groups = static_cast<double>(s.groups);
  if (filter_gradient) return in_vectors(s.group_columns(), kernels.lanes) * groups;
  // Few columns are computed by dot products, without padding.
  if (few_columns(kernels, s.group_columns(), s.group_depth())) return static_cast<double>(s.columns);
  return full_columns(s, kernels.lanes);
}

double direct_cost(const WinogradShape& s, const ConvKernels& kernels, bool filter_gradient) {
  // A tile of one vector has too few accumulators to hide the latency of multiply-adds. With groups the depth
  // of each tap is small, so loading the pointers counts.
  const bool one_vector = s.group_columns() <= kernels.lanes;
  const double narrow = one_vector && (filter_gradient || s.groups > 1) ? 1.3 : 1;
  const int64_t depth = s.group_depth() + (s.groups > 1 ? 2 : 0);
  return static_cast<double>(s.batch * s.height * s.width * 9 * depth) *
         direct_columns(s, kernels, filter_gradient) * narrow / 55;
}

/// The transformed filter, which all threads read: group after group, packed into panels if that pays.
struct Filter {
  const void* u;
  int64_t plane, group, depth_step;  // elements between planes, groups, and blocks along the depth
  int64_t depth;                     // of a block
  bool packed;
};

/// Computes the tiles [begin, end) on the calling thread.
bool run_tiles(const KernelTable& table, const WinogradKernels& kernels, const WinogradShape& s,
               const Tiling& t, const Filter& filter, const ConvCall& call, int64_t begin, int64_t end) {
  const int64_t n = kernels.tile;
  const Image from = s.from_image(call.a);
  const int64_t each = t.planes * (s.depth + s.columns) * kSize;
  const int64_t block = least(end - begin, most(kFewTiles, least(kManyTiles, kBlockBytes / each / 6 * 6)));
  const int64_t v_plane = block * s.depth + kSkew, m_plane = block * s.columns + kSkew;
  char* const scratch =
      static_cast<char*>(thread_scratch((t.planes * (v_plane + m_plane + s.depth)) * kSize));
  if (scratch == nullptr) return false;
  char* const v = scratch;
  char* const m = v + t.planes * v_plane * kSize;
  char* const window = m + t.planes * m_plane * kSize;  // a tile at the edge, with zero padding
  const MatmulKernels& matmul = table.matmul[kFloat32];
  for (int64_t first = begin; first < end; first += block) {
    const int64_t count = least(block, end - first);
    for (int64_t i = 0; i < count; i++) {
      const TilePosition to(t, first + i);
      const Window x = from.window(n, to.image, to.y - s.pad_y, to.x - s.pad_x, window);
      kernels.input(x.first, x.row, x.column, s.depth, v + i * s.depth * kSize, v_plane);
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
      const TilePosition to(t, first + i);
      const int64_t rows = taken(t.out, s.height, to.y, s.step_y);
      const int64_t columns = taken(t.out, s.width, to.x, s.step_x);
      if (rows == 0 || columns == 0) continue;
      kernels.output(
          m + i * s.columns * kSize, m_plane, s.columns,
          bytes_at(call.result, ((to.image * s.height + to.y) * s.width + to.x) * s.columns * kSize),
          s.step_y * s.width * s.columns, s.step_x * s.columns, rows, columns,
          call.epilogue.any() ? &call.epilogue : nullptr);
    }
  }
  return true;
}

}  // namespace

const WinogradKernels* choose_winograd(const KernelTable& table, const ConvCall& call) {
  if (call.precision == ConvPrecision::kExact || !fits(call.shape)) return nullptr;
  const WinogradShape sides(call);
  const WinogradKernels* best = nullptr;
  const bool filter = call.kind == ConvKind::kFilterGradient;
  double cost = direct_cost(sides, table.conv[kFloat32], filter);
  const int allowed = call.precision == ConvPrecision::kFast ? 2 : 1;
  for (int i = 0; i < allowed; i++) {
    const int n = table.winograd[i].tile;
    const int64_t lanes = table.matmul[kFloat32].lanes;
    const double own = filter ? winograd_filter_cost(sides, n, lanes) : winograd_cost(sides, n, lanes);
    if (own < cost) cost = own, best = &table.winograd[i];
  }
  return best;
}

bool run_winograd(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call) {
  if (call.kind == ConvKind::kFilterGradient) return run_winograd_filter(table, winograd, call);
  const WinogradShape s(call);
  const Tiling t(s, winograd.tile);
  const MatmulKernels& matmul = table.matmul[kFloat32];
  const int64_t weights = s.weights(), depth = s.group_depth(), columns = s.group_columns();
  const bool transposed = call.kind == ConvKind::kInputGradient, reorder = transposed || s.groups > 1;
  Workspace reordered(reorder ? 9 * weights * kSize : 0);
  Workspace transformed(t.planes * (weights + kSkew) * kSize);
  if (reordered.failed() || transformed.failed()) return false;
  const void* w = call.b;
  if (reorder) {  // copies group after group; for the input gradient with reversed taps and transposed
                  // channels
    const int64_t row = transposed ? 1 : s.columns, step = transposed ? s.depth : 1;
    const int64_t group = transposed ? depth : columns;
    parallel_for(9 * s.groups, (1 << 15) / (depth * columns) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t tap = i / s.groups, g = i % s.groups;
        const int64_t to = (transposed ? 8 - tap : tap) * weights + g * depth * columns;
        table.copy[size_index(kSize)].plane(bytes_at(call.b, (tap * weights + g * group) * kSize), row, step,
                                            bytes_at(reordered.as<void>(), to * kSize), columns, 1, depth,
                                            columns);
      }
    });
    w = reordered.as<void>();
  }
  parallel_for(
      weights, 1 << 13,
      [&](int64_t begin, int64_t end) {
        winograd.filter(bytes_at(w, begin * kSize), weights, end - begin,
                        bytes_at(transformed.as<void>(), begin * kSize), weights + kSkew);
      },
      16);
  Filter filter = {};
  filter.u = transformed.as<void>();
  filter.plane = weights + kSkew;
  filter.group = depth * columns;
  filter.depth = depth <= matmul.whole_depth ? depth : matmul.depth;
  filter.depth_step = filter.depth * columns;
  filter.packed = filter.group * kSize > matmul.pack_bytes;
  const int64_t wide = (columns + matmul.lanes - 1) / matmul.lanes * matmul.lanes;
  Workspace panels(filter.packed ? t.planes * s.groups * depth * wide * kSize : 0);
  if (panels.failed()) return false;
  if (filter.packed) {
    const int64_t matrices = t.planes * s.groups;
    parallel_for(matrices, (1 << 16) / filter.group + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t from = i / s.groups * filter.plane + i % s.groups * filter.group;
        for (int64_t d = 0; d < depth; d += filter.depth) {
          matmul.pack(bytes_at(transformed.as<void>(), (from + d * columns) * kSize), columns, 1,
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
  std::atomic<bool> allocated{true};
  parallel_for(
      t.tiles, kConvGrain / most(1, t.planes * weights) + 1,
      [&](int64_t begin, int64_t end) {
        if (!run_tiles(table, winograd, s, t, filter, call, begin, end)) allocated = false;
      },
      6);
  return allocated;
}

}  // namespace gradtape
