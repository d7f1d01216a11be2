// Pooling and its gradients.
#include "runtime/window/window.h"

#include <string.h>

#include "runtime/parallel/pool.h"
#include "runtime/window/segments.h"

namespace gradtape {

namespace {

/// In a gradient, threads get ranges of channels that are multiples of this: whole cache lines.
constexpr int64_t kChannelGroup = 64;

/// Fills in the pooling block of one image for the windows of depth segment z, row segment v and column
/// segment h.
PoolBlock pool_block(const WindowCall& call, const Segment& z, const Segment& v, const Segment& h,
                     int64_t image, const void* x, const void* g, void* y, void* dx) {
  const WindowDim &depth = call.dims[0], &height = call.dims[1], &width = call.dims[2];
  const int64_t c = call.channels, plane = height.size * width.size, out_plane = height.out * width.out;
  PoolBlock b = {};
  const int64_t from =
      ((image * depth.size + z.from) * plane + v.from * width.size + h.from) * c * call.bytes;
  const int64_t to =
      ((image * depth.out + z.first) * out_plane + v.first * width.out + h.first) * c * call.bytes;
  set_strides(&b, call, v, h, width.size, width.out);
  b.x = at(x, from);
  b.g = at(g, from);
  b.dx = at(dx, from);
  b.y = at(y, to);
  b.taps[0] = z.n;
  b.x_tap[0] = z.from_tap * plane * c;
  b.scale = 1 / static_cast<double>(z.n * v.n * h.n);
  return b;
}

/// fn(block), or zeros if its windows have no taps.
void pool_block_run(void (*fn)(const PoolBlock&) noexcept, const PoolBlock& b, int64_t bytes) {
  if (b.taps[0] * b.taps[1] * b.taps[2] > 0) {
    fn(b);
  } else if (b.dx == nullptr) {
    for (int64_t r = 0; r < b.rows; r++) {
      for (int64_t i = 0; i < b.count; i++) {
        memset(at(b.y, (r * b.y_row + i * b.y_step) * bytes), 0, static_cast<size_t>(b.channels * bytes));
      }
    }
  }
}

/// The segment restricted to its first position.
Segment single(Segment s) {
  s.count = 1;
  return s;
}

void pool_forward(const PoolKernels& k, PoolKind kind, const WindowCall& call, const void* x, const void* g,
                  void* y) {
  const auto fn = kind == kPoolMax ? k.max : kind == kPoolMaxAt ? k.gather : k.mean;
  const WindowDim &depth = call.dims[0], &height = call.dims[1], &width = call.dims[2];
  const int64_t rows = height.out, planes = call.batch * depth.out;
  const double taps = taps_of(depth) * taps_of(height) * taps_of(width);
  parallel_for(
      planes * rows, grain_for(static_cast<double>(width.out * call.channels) * taps),
      [&](int64_t begin, int64_t end) {
        while (begin < end) {
          const int64_t p = begin / rows, first = begin % rows, last = smaller(rows, first + end - begin);
          const Segment z = single(windows_from(depth, p % depth.out));
          each_segment(height, false, [&](const Segment& whole) {
            const Segment v = within(whole, first, last);
            if (v.count <= 0) return;
            each_segment(width, false, [&](const Segment& h) {
              pool_block_run(fn, pool_block(call, z, v, h, p / depth.out, x, g, y, nullptr), call.bytes);
            });
          });
          begin += last - first;
        }
      });
}

/// Whether every element of the input is in exactly one window.
bool tiles(const WindowDim& d) {
  return d.stride == d.kernel && d.dilation == 1 && d.out * d.kernel - d.before >= d.size;
}

/// Zeroes some channels of the given pixels.
void clear_channels(void* p, int64_t pixels, int64_t first, int64_t channels, int64_t all, int64_t bytes) {
  if (channels == all) {
    memset(p, 0, static_cast<size_t>(pixels * all * bytes));
    return;
  }
  for (int64_t i = 0; i < pixels; i++) {
    memset(at(p, (i * all + first) * bytes), 0, static_cast<size_t>(channels * bytes));
  }
}

void pool_gradient(const PoolKernels& k, PoolKind kind, const WindowCall& call, const void* x, void* y,
                   void* dx) {
  const auto fn = kind == kPoolMaxGradient ? k.max_gradient : k.mean_gradient;
  const WindowDim &depth = call.dims[0], &height = call.dims[1], &width = call.dims[2];
  const bool tiled = tiles(depth) && tiles(height) && tiles(width);
  // Overlapping windows add to the same elements, always in the order of the windows, so one thread handles
  // an image, or some of its channels. Without overlap, rows of windows are split.
  const auto windows = [&](int64_t image, int64_t z_first, int64_t first, int64_t last, int64_t c,
                           int64_t channels) {
    const Segment z = single(windows_from(depth, z_first));
    each_segment(height, false, [&](const Segment& whole) {
      const Segment v = within(whole, first, last);
      if (v.count <= 0) return;
      each_segment(width, false, [&](const Segment& h) {
        PoolBlock b = pool_block(call, z, v, h, image, at(x, c * call.bytes), nullptr, at(y, c * call.bytes),
                                 at(dx, c * call.bytes));
        b.channels = channels;
        b.fresh = tiled;
        pool_block_run(fn, b, call.bytes);
      });
    });
  };
  const double plane_work =
      static_cast<double>(width.size * call.channels) * taps_of(height) * taps_of(depth);
  if (tiled) {
    const int64_t rows = height.out, planes = call.batch * depth.out;
    parallel_for(planes * rows, grain_for(plane_work), [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t p = begin / rows, first = begin % rows, last = smaller(rows, first + end - begin);
        windows(p / depth.out, p % depth.out, first, last, 0, call.channels);
        begin += last - first;
      }
    });
    return;
  }
  const int64_t groups = larger(1, call.channels / kChannelGroup), lines = depth.size * height.size;
  const double image_work = static_cast<double>(depth.out * height.out * width.out) * taps_of(depth) *
                            taps_of(height) * taps_of(width) *
                            static_cast<double>(smaller(call.channels, kChannelGroup));
  const int64_t units = call.batch * groups;
  parallel_for_grains(units, grains_of(units, image_work), [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      const int64_t c = u % groups * kChannelGroup;
      const int64_t channels = u % groups == groups - 1 ? call.channels - c : kChannelGroup;
      // Rows of dx are cleared just before windows add to them, while they are in cache; with more than one
      // depth plane, all are cleared first.
      int64_t cleared = 0;
      const auto clear = [&](int64_t last) {
        clear_channels(at(dx, (u / groups * lines + cleared) * width.size * call.channels * call.bytes),
                       (last - cleared) * width.size, c, channels, call.channels, call.bytes);
        cleared = last;
      };
      if (depth.size > 1 || depth.out > 1) clear(lines);
      for (int64_t z = 0; z < depth.out; z++) {
        for (int64_t first = 0; first < height.out; first += kRows) {
          const int64_t last = smaller(height.out, first + kRows);
          const int64_t reached =
              (last - 1) * height.stride - height.before + (height.kernel - 1) * height.dilation + 1;
          if (cleared < lines) clear(larger(cleared, smaller(lines, reached)));
          windows(u / groups, z, first, last, c, channels);
        }
      }
      clear(lines);
    }
  });
}

}  // namespace

void run_pool(const PoolKernels& k, PoolKind kind, const WindowCall& call, const void* x, const void* g,
              void* y, void* dx) {
  if (kind == kPoolMaxGradient || kind == kPoolMeanGradient) {
    pool_gradient(k, kind, call, x, y, dx);
  } else {
    pool_forward(k, kind, call, x, g, y);
  }
}

}  // namespace gradtape
