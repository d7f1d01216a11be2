#include "window.h"

#include <stdlib.h>
#include <string.h>

#include "partial.h"
#include "pool.h"

namespace gradtape {

namespace {

/// Multiply-adds, or elements read, that pay for a thread of their own.
constexpr int64_t kGrain = 32 * 1024;

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
const char* at(const void* p, int64_t bytes) {
  return p == nullptr ? nullptr : static_cast<const char*>(p) + bytes;
}
char* at(void* p, int64_t bytes) { return p == nullptr ? nullptr : static_cast<char*>(p) + bytes; }
/// The grain for items of so much work, which may be more than an integer holds.
int64_t grain_for(double work) { return static_cast<int64_t>(kGrain / (work < 1 ? 1 : work)) + 1; }
/// The grains of n items that each are worth some.
int64_t grains_of(int64_t n, double work) {
  const double grains = static_cast<double>(n) * work / static_cast<double>(kGrain);
  return grains < 1e9 ? static_cast<int64_t>(grains) : int64_t{1000000000};
}
double taps_of(const WindowDim& d) { return static_cast<double>(smaller(d.kernel, d.size)); }
/// ⌈a / b⌉ and ⌊a / b⌋ for b > 0. Mostly it is 1, and a few pixels take no longer than the divisions.
int64_t ceil_div(int64_t a, int64_t b) { return b == 1 ? a : a > 0 ? (a - 1) / b + 1 : a / b; }
int64_t floor_div(int64_t a, int64_t b) { return b == 1 ? a : a >= 0 ? a / b : -((-a - 1) / b) - 1; }

/// Positions first, first + step … (`count` of them) along one dimension that all have n taps: tap j of
/// position i is number k + j·k_step of the window, and reads element `from` + i·from_step + j·from_tap.
struct Segment {
  int64_t first, step, count;
  int64_t k, k_step, n;
  int64_t from, from_step, from_tap;
};

/// The segment of windows that begins with window o.
Segment windows_from(const WindowDim& d, int64_t o) {
  const int64_t begin = o * d.stride - d.before;
  int64_t low = larger(0, ceil_div(-begin, d.dilation));
  int64_t high = smaller(d.kernel, floor_div(d.size - 1 - begin, d.dilation) + 1);
  if (high < low) low = high = 0;
  int64_t count = 1;
  if (low == 0 && high == d.kernel) {
    const int64_t last = floor_div(d.size - 1 + d.before - (d.kernel - 1) * d.dilation, d.stride);
    count = smaller(last, d.out - 1) - o + 1;
  }
  const int64_t from = high > low ? begin + low * d.dilation : 0;
  return {o, 1, count, low, 1, high - low, from, d.stride, d.dilation};
}

int64_t gcd(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

/// The segment of input elements i, i + stride … that the same taps of windows read: n windows, tap j being
/// that of window `from` + i·from_step + j·from_tap.
Segment readers_from(const WindowDim& d, int64_t i) {
  const int64_t common = d.stride == 1 ? 1 : gcd(d.dilation, d.stride);
  const int64_t k_step = floor_div(d.stride, common), tap = floor_div(d.dilation, common);
  Segment s = {i, d.stride, 1, 0, k_step, 0, 0, 1, -tap};
  const int64_t place = i + d.before;
  int64_t k = 0;
  while (d.stride > 1 && k < k_step && k < d.kernel && (place - k * d.dilation) % d.stride != 0) k++;
  if (k == k_step || k >= d.kernel) {  // no window has a tap here, nor at the elements that follow in steps
    s.count = floor_div(d.size - 1 - i, d.stride) + 1;
    return s;
  }
  const int64_t all = floor_div(d.kernel - 1 - k, k_step) + 1;
  // The window whose tap k this is; it may not exist.
  const int64_t top = floor_div(place - k * d.dilation, d.stride);
  const int64_t low = larger(0, ceil_div(top - d.out + 1, tap));
  const int64_t high = top < 0 ? 0 : smaller(all, floor_div(top, tap) + 1);
  if (high > low) {
    s.k = k + low * k_step;
    s.n = high - low;
    s.from = top - low * tap;
  }
  if (low == 0 && high == all) {
    s.count = smaller(d.out - 1 - top, floor_div(d.size - 1 - i, d.stride)) + 1;
  }
  return s;
}

/// f(segment) over all of a dimension, as windows or (`readers`) as input elements.
template <class F>
void each_segment(const WindowDim& d, bool readers, const F& f) {
  if (!readers) {
    for (int64_t o = 0; o < d.out;) {
      const Segment s = windows_from(d, o);
      f(s);
      o += s.count;
    }
    return;
  }
  for (int64_t r = 0; r < d.stride && r < d.size; r++) {
    for (int64_t i = r; i < d.size;) {
      const Segment s = readers_from(d, i);
      f(s);
      i += s.count * d.stride;
    }
  }
}

/// The part of a segment within positions [begin, end); count 0 where there is none.
Segment within(Segment s, int64_t begin, int64_t end) {
  const int64_t skip = s.first >= begin ? 0 : smaller(s.count, ceil_div(begin - s.first, s.step));
  s.first += skip * s.step;
  s.from += skip * s.from_step;
  s.count = s.first >= end ? 0 : smaller(s.count - skip, ceil_div(end - s.first, s.step));
  return s;
}

int64_t elements(const WindowDim& height, const WindowDim& width, bool out) {
  return out ? height.out * width.out : height.size * width.size;
}

/// The strides of the block whose rows are of segment v and whose pixels are of h, in planes of widths
/// x_width and y_width.
void set_strides(WindowBlock* b, const WindowCall& call, const Segment& v, const Segment& h, int64_t x_width,
                 int64_t y_width) {
  const int64_t c = call.channels;
  b->x_row = v.from_step * x_width * c;
  b->x_step = h.from_step * c;
  b->y_row = v.step * y_width * c;
  b->y_step = h.step * c;
  b->rows = v.count;
  b->count = h.count;
  b->channels = c;
  b->taps[1] = v.n;
  b->taps[2] = h.n;
  b->x_tap[1] = v.from_tap * x_width * c;
  b->x_tap[2] = h.from_tap * c;
}

/// The block itself, in an image's planes x and y.
DepthwiseBlock depthwise_block(const WindowCall& call, const Segment& v, const Segment& h, const void* x,
                               int64_t x_width, void* y, int64_t y_width, void* w) {
  const int64_t c = call.channels, kernel = call.dims[2].kernel;
  DepthwiseBlock b;
  set_strides(&b, call, v, h, x_width, y_width);
  b.x = at(x, (v.from * x_width + h.from) * c * call.bytes);
  b.y = at(y, (v.first * y_width + h.first) * c * call.bytes);
  b.w = at(w, (v.k * kernel + h.k) * c * call.bytes);
  b.taps[0] = 1, b.x_tap[0] = b.w_tap[0] = 0;
  b.w_tap[1] = v.k_step * kernel * c;
  b.w_tap[2] = h.k_step * c;
  return b;
}

/// Taps from the last to the first, so that they walk forwards over x.
void reverse_taps(DepthwiseBlock* b, int axis, int64_t bytes) {
  if (b->taps[axis] == 0 || b->x_tap[axis] >= 0) return;
  const int64_t last = b->taps[axis] - 1;
  b->x = at(b->x, last * b->x_tap[axis] * bytes);
  b->w = at(b->w, last * b->w_tap[axis] * bytes);
  b->x_tap[axis] = -b->x_tap[axis];
  b->w_tap[axis] = -b->w_tap[axis];
}

void exchange(int64_t* a) {
  const int64_t first = a[1];
  a[1] = a[2];
  a[2] = first;
}

/// A column of pixels as a row: what blocks of one pixel a row are better done as. A single pixel too, or its
/// sum would have another order where threads part the column.
void turn(DepthwiseBlock* b) {
  if (b->count != 1) return;
  b->count = b->rows;
  b->rows = 1;
  b->x_step = b->x_row;
  b->y_step = b->y_row;
  exchange(b->taps);
  exchange(b->x_tap);
  exchange(b->w_tap);
}

/// Rows that are done together: their left and right borders, blocks of their own, are still near.
constexpr int64_t kRows = 12;

/// y = x * w, or with `readers` x's gradient out of y's: `from` is what is read, `to` what is written.
void convolve(const DepthwiseKernels& k, const WindowCall& call, bool readers, const void* from, void* w,
              void* to) {
  const WindowDim &height = call.dims[1], &width = call.dims[2];
  const int64_t rows = readers ? height.size : height.out, to_width = readers ? width.size : width.out;
  const int64_t from_width = readers ? width.out : width.size;
  const int64_t pixel = call.channels * call.bytes;
  const int64_t from_image = elements(height, width, readers) * pixel,
                to_image = elements(height, width, !readers) * pixel;
  const double work = static_cast<double>(to_width * call.channels) * taps_of(height) * taps_of(width);
  parallel_for(call.batch * rows, grain_for(work), [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t image = begin / rows, first = begin % rows;
      const int64_t last = smaller(rows, smaller(first + end - begin, first + kRows));
      each_segment(height, readers, [&](const Segment& whole) {
        const Segment v = within(whole, first, last);
        if (v.count <= 0) return;
        each_segment(width, readers, [&](const Segment& h) {
          DepthwiseBlock b = depthwise_block(call, v, h, at(from, image * from_image), from_width,
                                             at(to, image * to_image), to_width, w);
          reverse_taps(&b, 1, call.bytes);
          reverse_taps(&b, 2, call.bytes);
          turn(&b);
          k.forward(b);
        });
      });
      if (call.finish.any()) {  // while the rows are near
        void* const row = at(to, image * to_image + first * to_width * pixel);
        k.finish(call.finish, row, call.channels, (last - first) * to_width, call.channels);
      }
      begin += last - first;
    }
  });
}

/// Output pixels whose contributions to the weights make one partial sum.
constexpr int64_t kChunkPixels = 1024;

/// w's gradient: partial sums over fixed bands of output rows, added up in double.
bool filter_gradient(const DepthwiseKernels& k, const WindowCall& call, const void* x, void* w, void* y) {
  const WindowDim &height = call.dims[1], &width = call.dims[2];
  const int64_t pixel = call.channels * call.bytes, weights = height.kernel * width.kernel * call.channels;
  if (weights == 0) return true;
  if (call.batch == 0 || height.out == 0 || width.out == 0) {
    memset(w, 0, static_cast<size_t>(weights * call.bytes));
    return true;
  }
  const int64_t band = larger(1, kChunkPixels / width.out), bands = (height.out + band - 1) / band;
  // Small images share a partial sum.
  const int64_t images = larger(1, kChunkPixels / larger(1, band * bands * width.out));
  const int64_t groups = bands == 1 ? (call.batch + images - 1) / images : call.batch;
  const int64_t together = bands == 1 ? images : 1, parts = groups * bands;
  char* partial =
      static_cast<char*>(calloc(static_cast<size_t>(parts), static_cast<size_t>(weights * call.bytes)));
  if (partial == nullptr) return false;
  const double work = static_cast<double>(band * width.out) * static_cast<double>(weights);
  parallel_for_grains(parts, grains_of(parts, work), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      const int64_t first = p % bands * band, last = smaller(height.out, first + band);
      const int64_t image = p / bands * together, stop = smaller(call.batch, image + together);
      for (int64_t n = image; n < stop; n++) {
        each_segment(height, false, [&](const Segment& whole) {
          const Segment v = within(whole, first, last);
          if (v.count <= 0) return;
          each_segment(width, false, [&](const Segment& h) {
            DepthwiseBlock b = depthwise_block(call, v, h, at(x, n * elements(height, width, false) * pixel),
                                               width.size, at(y, n * elements(height, width, true) * pixel),
                                               width.out, partial + p * weights * call.bytes);
            turn(&b);
            k.filter(b);
          });
        });
      }
    }
  });
  collect_parts(partial, parts, weights, w, call.bytes);
  free(partial);
  return true;
}

}  // namespace

bool run_depthwise(const DepthwiseKernels& k, DepthwiseKind kind, const WindowCall& call, void* x, void* w,
                   void* y) {
  if (kind == kDepthwiseFilter) return filter_gradient(k, call, x, w, y);
  const bool readers = kind == kDepthwiseInput;
  convolve(k, call, readers, readers ? y : x, w, readers ? x : y);
  return true;
}

namespace {

/// Channels that a thread has for itself in a gradient: whole cache lines.
constexpr int64_t kChannelGroup = 64;

/// Fills in a pooling block of one image for windows of depth segment z, rows v and pixels h.
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

/// fn(block), or zeros where windows have no taps: the caller sees to it that there are none.
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

/// One depth of windows as a segment of one position.
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

/// Whether every element of the input has exactly one window.
bool tiles(const WindowDim& d) {
  return d.stride == d.kernel && d.dilation == 1 && d.out * d.kernel - d.before >= d.size;
}

/// Zeros for some channels of so many pixels.
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
  const auto fn = kind == kPoolMaxGradient ? k.scatter : k.spread;
  const WindowDim &depth = call.dims[0], &height = call.dims[1], &width = call.dims[2];
  const bool tiled = tiles(depth) && tiles(height) && tiles(width);
  // Windows that overlap add to the same elements, always in the order of the windows: an image, or some of
  // its channels, is one thread's. Where none overlap, rows of windows are split.
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
      // Rows of dx are cleared just before windows add to them, while they stay near; with more than one
      // plane of depth, all at first.
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
