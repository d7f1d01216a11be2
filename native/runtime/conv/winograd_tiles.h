// How Winograd's algorithm cuts a convolution into tiles. With a dilation d, outputs whose positions are the
// same modulo d read inputs d apart: each such phase has tiles of its own, whose rows and columns are d apart
// in memory.
#pragma once
#include "runtime/conv/conv_map.h"

namespace gradtape {

/// Winograd's transforms are of this dtype alone.
inline constexpr int kFloat32 = static_cast<int>(DType::kFloat32);

inline constexpr int64_t kWinogradSize = 4;  // bytes of an element
/// Elements between planes beyond what they hold, so that their lines do not collide.
inline constexpr int64_t kWinogradSkew = 16;

/// Pixels of a tile, in elements.
struct Window {
  const void* first;
  int64_t row, column;
};

/// Images of which tiles take pixels so many steps apart, or some channels of them.
struct Image {
  const void* data;
  int64_t height, width, pitch, channels;  // pitch: elements between pixels
  int64_t step_y, step_x;

  /// n×n pixels from (y, x) on. Where some are outside they are copied to `copy`, with zeros.
  Window window(int64_t n, int64_t image, int64_t y, int64_t x, void* copy) const;
};

/// The convolution as both directions have it (a filter's gradient is the forward one's): `to` at (y, x)
/// reads `from` at (y − pad_y + i · step_y, x − pad_x + j · step_x).
struct Sides {
  int64_t batch;
  int64_t from_height, from_width, depth;
  int64_t height, width, columns;
  int64_t groups;
  int64_t pad_y, pad_x;
  int64_t step_y, step_x;

  explicit Sides(const ConvCall& call) {
    const ConvShape& s = call.shape;
    const bool forward = call.kind != ConvKind::kInputGradient;
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
  Image from_image(const void* data) const {
    return {data, from_height, from_width, depth, depth, step_y, step_x};
  }
  Image to_image(const void* data) const { return {data, height, width, columns, columns, step_y, step_x}; }
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
inline int64_t taken(int64_t n, int64_t size, int64_t from, int64_t step) {
  const int64_t rest = most(0, size - from);
  return least(n, step == 1 ? rest : (rest + step - 1) / step);
}

/// How a call is cut into tiles.
struct Tiling {
  int64_t out, planes;  // M and N²
  Axis down, across;
  int64_t tiles;

  Tiling(const Sides& s, int n)
      : out(n - 2), planes(n * n), down(s.height, s.step_y, n - 2), across(s.width, s.step_x, n - 2) {
    tiles = s.batch * down.count * across.count;
  }
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

/// So many channels as registers hold them: the last vector is filled up.
inline double in_vectors(int64_t channels, int64_t lanes) {
  return static_cast<double>((channels + lanes - 1) / lanes * lanes);
}

/// The filter's gradient. False if memory for the work could not be had.
bool run_winograd_filter(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call);
/// Nanoseconds of that, in the proportions of `choose_winograd`.
double winograd_filter_cost(const Sides& s, int n, int64_t lanes);

}  // namespace gradtape
