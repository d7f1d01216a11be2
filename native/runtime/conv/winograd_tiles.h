// How Winograd's algorithm splits a convolution into tiles. With a dilation d, outputs whose positions are
// equal modulo d read inputs that are d apart. Each such phase has its own tiles, whose rows and columns are
// d apart in memory.
#pragma once
#include "runtime/conv/conv_map.h"

namespace gradtape {

/// The only dtype of the Winograd transforms.
inline constexpr int kFloat32 = static_cast<int>(DType::kFloat32);

inline constexpr int64_t kWinogradSize = 4;  // bytes of an element
/// Padding between planes in elements, so that their cache lines map to different sets.
inline constexpr int64_t kWinogradSkew = 16;

/// The pixels of an input tile; strides in elements.
struct Window {
  const void* first;
  int64_t row, column;
};

/// A batch of images, or a range of their channels, of whose pixels tiles take every step_y-th row and
/// step_x-th column.
struct Image {
  const void* data;
  int64_t height, width, pitch, channels;  // pitch: elements between pixels
  int64_t step_y, step_x;

  /// The n×n pixels from (y, x) on. If some are outside the image, the tile is copied to `copy` with zero
  /// padding.
  Window window(int64_t n, int64_t image, int64_t y, int64_t x, void* copy) const;
};

/// The shape of the convolution that is computed, where `from` is read and `to` written: x and y in the
/// forward pass and for the filter gradient, dy and dx for the input gradient. `to` at (y, x) reads `from` at
/// (y − pad_y + i · step_y, x − pad_x + j · step_x).
struct WinogradShape {
  int64_t batch;
  int64_t from_height, from_width, depth;
  int64_t height, width, columns;
  int64_t groups;
  int64_t pad_y, pad_x;
  int64_t step_y, step_x;

  explicit WinogradShape(const ConvCall& call) {
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

/// Tiles along one dimension. The order interleaves the phases, so that consecutive tiles are close in
/// memory.
struct TileAxis {
  int64_t phases, span, count;  // span: distance between consecutive tiles of a phase

  /// Tiles of `out` (M) outputs each, for `size` outputs in all; `step` is the dilation.
  TileAxis(int64_t size, int64_t step, int64_t out) : phases(least(step, size)), span(step * out) {
    count = (size + span - 1) / span * phases;
  }
  /// The position of the first output of tile i. It may be ≥ size: the last tiles of the later phases can be
  /// empty.
  int64_t first(int64_t i) const { return phases == 1 ? i * span : i / phases * span + i % phases; }
};
/// How many of the n positions from, from + step … are below `size`.
inline int64_t taken(int64_t n, int64_t size, int64_t from, int64_t step) {
  const int64_t rest = most(0, size - from);
  return least(n, step == 1 ? rest : (rest + step - 1) / step);
}

/// The tiles of a call.
struct Tiling {
  int64_t out, planes;  // M and N²
  TileAxis down, across;
  int64_t tiles;

  Tiling(const WinogradShape& s, int n)
      : out(n - 2), planes(n * n), down(s.height, s.step_y, n - 2), across(s.width, s.step_x, n - 2) {
    tiles = s.batch * down.count * across.count;
  }
};

/// The position of a tile's first output.
struct TilePosition {
  int64_t image, y, x;
  TilePosition(const Tiling& t, int64_t tile) {
    const int64_t line = tile / t.across.count;
    image = line / t.down.count;
    y = t.down.first(line % t.down.count);
    x = t.across.first(tile % t.across.count);
  }
};

/// `channels` rounded up to full vectors.
inline double in_vectors(int64_t channels, int64_t lanes) {
  return static_cast<double>((channels + lanes - 1) / lanes * lanes);
}

/// The filter gradient. False if workspace memory cannot be allocated.
bool run_winograd_filter(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call);
/// Its estimated time, in the unit of `winograd_cost` (winograd.cc).
double winograd_filter_cost(const WinogradShape& s, int n, int64_t lanes);

}  // namespace gradtape
