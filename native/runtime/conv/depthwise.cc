// Depthwise convolution and its gradients, split into blocks of pixels that have the same taps
// (window/segments.h).
#include <stdlib.h>
#include <string.h>

#include <new>

#include "runtime/parallel/partial_sums.h"
#include "runtime/parallel/pool.h"
#include "runtime/window/segments.h"

namespace gradtape {

namespace {

/// The block of the vertical segment v and the horizontal segment h in one image's x and y.
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

/// Reverses the order of the taps if it goes backwards over x.
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

/// Treats a column of pixels as a row, which is faster for blocks with one pixel per row. This includes
/// single pixels: otherwise their order of summation would depend on how threads split the column.
void column_as_row(DepthwiseBlock* b) {
  if (b->count != 1) return;
  b->count = b->rows;
  b->rows = 1;
  b->x_step = b->x_row;
  b->y_step = b->y_row;
  exchange(b->taps);
  exchange(b->x_tap);
  exchange(b->w_tap);
}

/// The plan of a small image: its blocks. Computing them takes several times as long as the sums, so each
/// thread caches those of its most recent shapes.
struct SmallImage {
  static constexpr int kBlocks = 16, kCacheSize = 8;

  const DepthwiseKernels* kernels = nullptr;  // null if the entry is empty
  bool transposed;
  int64_t channels, bytes;
  WindowDim height, width;
  int count;
  DepthwiseBlock blocks[kBlocks];
  struct {
    int64_t from, weights, to;  // bytes from the image's first element and from the first weight
  } places[kBlocks];

  bool is(const DepthwiseKernels& k, const WindowCall& call, bool reads) const {
    return kernels == &k && transposed == reads && channels == call.channels && bytes == call.bytes &&
           height == call.dims[1] && width == call.dims[2];
  }
  /// Computes the blocks. False if there are more than kBlocks.
  bool find(const WindowCall& call, const void* from, int64_t from_width, void* w, void* to,
            int64_t to_width) {
    count = 0;
    bool fits = true;
    each_segment(height, transposed, [&](const Segment& v) {
      each_segment(width, transposed, [&](const Segment& h) {
        if (count == kBlocks) fits = false;
        if (!fits) return;
        DepthwiseBlock& b = blocks[count];
        b = depthwise_block(call, v, h, from, from_width, to, to_width, w);
        reverse_taps(&b, 1, bytes);
        reverse_taps(&b, 2, bytes);
        column_as_row(&b);
        places[count++] = {bytes_between(from, b.x), bytes_between(w, b.w), bytes_between(to, b.y)};
      });
    });
    return fits;
  }
  void run(const void* from, void* w, void* to) {
    for (int i = 0; i < count; i++) {
      DepthwiseBlock& b = blocks[i];
      b.x = at(from, places[i].from);
      b.w = at(w, places[i].weights);
      b.y = at(to, places[i].to);
      kernels->forward(b);
    }
  }
};
struct SmallImages {
  SmallImage* list = nullptr;
  int oldest = 0, last = 0;  // `last`: the one used last
  ~SmallImages() { delete[] list; }
};
constinit thread_local SmallImages t_small;

/// The cached or newly computed plan for the call's images; null if there are too many blocks.
SmallImage* small_image(const DepthwiseKernels& k, const WindowCall& call, bool transposed, const void* from,
                        int64_t from_width, void* w, void* to, int64_t to_width) {
  SmallImages& small = t_small;
  if (small.list == nullptr) small.list = new (std::nothrow) SmallImage[SmallImage::kCacheSize];
  if (small.list == nullptr) return nullptr;
  for (int i = 0, at = small.last; i < SmallImage::kCacheSize; i++) {
    if (small.list[at].is(k, call, transposed)) {
      small.last = at;
      return &small.list[at];
    }
    if (++at == SmallImage::kCacheSize) at = 0;
  }
  SmallImage& image = small.list[small.oldest];
  image.kernels = nullptr;
  image.transposed = transposed;
  image.channels = call.channels;
  image.bytes = call.bytes;
  image.height = call.dims[1];
  image.width = call.dims[2];
  if (!image.find(call, from, from_width, w, to, to_width)) return nullptr;
  image.kernels = &k;
  small.last = small.oldest;
  small.oldest = (small.oldest + 1) % SmallImage::kCacheSize;
  return &image;
}

/// The convolution of x and w, or if `transposed` is set the transposed convolution of dy and w (the input
/// gradient). Reads `from`, writes `to`.
void convolve(const DepthwiseKernels& k, const WindowCall& call, bool transposed, const void* from, void* w,
              void* to) {
  const WindowDim &height = call.dims[1], &width = call.dims[2];
  const int64_t rows = transposed ? height.size : height.out, to_width = transposed ? width.size : width.out;
  const int64_t from_width = transposed ? width.out : width.size;
  const int64_t pixel = call.channels * call.bytes;
  const int64_t from_image = elements(height, width, transposed) * pixel,
                to_image = elements(height, width, !transposed) * pixel;
  const double work = static_cast<double>(to_width * call.channels) * taps_of(height) * taps_of(width);
  const int64_t grain = grain_for(work);
  if (rows <= kRows && call.batch * rows <= grain && rows * to_width * call.channels > 0) {
    SmallImage* const small = small_image(k, call, transposed, from, from_width, w, to, to_width);
    for (int64_t image = 0; small != nullptr && image < call.batch; image++) {
      void* const y = at(to, image * to_image);
      small->run(at(from, image * from_image), w, y);
      if (call.epilogue.any()) k.epilogue(call.epilogue, y, call.channels, rows * to_width, call.channels);
    }
    if (small != nullptr) return;
  }
  parallel_for(call.batch * rows, grain, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t image = begin / rows, first = begin % rows;
      const int64_t last = smaller(rows, smaller(first + end - begin, first + kRows));
      each_segment(height, transposed, [&](const Segment& whole) {
        const Segment v = within(whole, first, last);
        if (v.count <= 0) return;
        each_segment(width, transposed, [&](const Segment& h) {
          DepthwiseBlock b = depthwise_block(call, v, h, at(from, image * from_image), from_width,
                                             at(to, image * to_image), to_width, w);
          reverse_taps(&b, 1, call.bytes);
          reverse_taps(&b, 2, call.bytes);
          column_as_row(&b);
          k.forward(b);
        });
      });
      if (call.epilogue.any()) {  // while the rows are in cache
        void* const row = at(to, image * to_image + first * to_width * pixel);
        k.epilogue(call.epilogue, row, call.channels, (last - first) * to_width, call.channels);
      }
      begin += last - first;
    }
  });
}

/// Output pixels per partial sum of the weights' gradient.
constexpr int64_t kChunkPixels = 1024;

/// The filter gradient: partial sums over fixed bands of output rows, which are added in double.
bool filter_gradient(const DepthwiseKernels& k, const WindowCall& call, const void* x, void* w, void* y) {
  const WindowDim &height = call.dims[1], &width = call.dims[2];
  const int64_t pixel = call.channels * call.bytes, weights = height.kernel * width.kernel * call.channels;
  if (weights == 0) return true;
  if (call.batch == 0 || height.out == 0 || width.out == 0) {
    memset(w, 0, static_cast<size_t>(weights * call.bytes));
    return true;
  }
  const int64_t band = larger(1, kChunkPixels / width.out), bands = (height.out + band - 1) / band;
  // Several small images share a partial sum.
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
            column_as_row(&b);
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
  const bool transposed = kind == kDepthwiseInput;
  convolve(k, call, transposed, transposed ? y : x, w, transposed ? x : y);
  return true;
}

}  // namespace gradtape
