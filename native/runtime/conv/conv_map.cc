#include "runtime/conv/conv_map.h"

#include <new>

#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {
constexpr std::align_val_t kAlign{64};
}

void* Workspace::allocate(int64_t bytes) {
  return ::operator new(static_cast<size_t>(bytes), kAlign, std::nothrow);
}
void Workspace::release(void* data) { ::operator delete(data, kAlign); }

PixelRuns::PixelRuns(const int64_t* size, int64_t first, int64_t count) : size_(size), rest_(count) {
  for (int d = 2; d >= 0; d--) {  // without divisions if first is 0: they take noticeable time in small calls
    at_[d + 1] = size[d] == 0 || first == 0 ? 0 : first % size[d];
    first = size[d] == 0 || first == 0 ? 0 : first / size[d];
  }
  at_[0] = first;
}

bool PixelRuns::next(PixelRun* run) {
  if (rest_ <= 0) return false;
  *run = {at_[0], at_[1], at_[2], at_[3], least(rest_, size_[2] - at_[3])};
  rest_ -= run->length;
  at_[3] += run->length;
  for (int d = 3; d > 0 && at_[d] == size_[d - 1]; d--) {
    at_[d] = 0;
    at_[d - 1]++;
  }
  return true;
}

bool PixelMap::inside(const PixelRun& run, int64_t t, int64_t* from, int64_t* to, int64_t* at) const {
  const int64_t iz = run.z * step[0] + offset[t][0], iy = run.y * step[1] + offset[t][1];
  if (iz < 0 || iz >= in_size[0] || iy < 0 || iy >= in_size[1]) return false;
  const int64_t ix = run.x * step[2] + offset[t][2];
  if (ix >= in_size[2]) return false;
  const int64_t left = in_size[2] - 1 - ix;
  *from = ix >= 0 ? 0 : step[2] == 1 ? -ix : (-ix + step[2] - 1) / step[2];
  *to = least(run.length, (step[2] == 1 ? left : left / step[2]) + 1);
  *at = run.batch * in_batch + iz * in_pitch[0] + iy * in_pitch[1] + (ix + *from * step[2]) * in_pitch[2];
  return *from < *to;
}

void PixelMap::fill_pointers(int64_t first, int64_t count, const void* in, const void* zeros, void* out,
                             const void** a, void** c) const {
  PixelRuns runs(size, first, count);
  PixelRun run;
  const int64_t a_step = step[2] * in_pitch[2] * element, c_step = out_pitch[2] * element;
  for (int64_t i = 0; runs.next(&run); i += run.length) {
    const int64_t index = out_first + run.batch * out_batch + run.z * out_pitch[0] + run.y * out_pitch[1] +
                          run.x * out_pitch[2];
    char* y = static_cast<char*>(out) + index * element;
    for (int64_t j = 0; j < run.length; j++) c[i + j] = y + j * c_step;
    for (int64_t t = 0; t < taps; t++) {
      const void** p = a + t * count + i;
      int64_t from = 0, to = 0, at = 0;
      if (!inside(run, t, &from, &to, &at)) from = to = 0;
      for (int64_t j = 0; j < from; j++) p[j] = zeros;
      const char* x = static_cast<const char*>(in) + at * element;
      for (int64_t j = from; j < to; j++, x += a_step) p[j] = x;
      for (int64_t j = to; j < run.length; j++) p[j] = zeros;
    }
  }
}

void padded_extent(const ConvShape& shape, int64_t* extent) {
  for (int d = 0; d < 3; d++) {
    extent[d] = (shape.out[d] - 1) * shape.stride[d] + (shape.kernel[d] - 1) * shape.dilation[d] + 1;
  }
}

bool stays_inside(const ConvShape& shape) {
  int64_t extent[3];
  padded_extent(shape, extent);
  for (int d = 0; d < 3; d++) {
    if (shape.pad[d] != 0 || extent[d] > shape.in[d]) return false;
  }
  return true;
}

bool merges_taps(const ConvShape& shape) {
  if (shape.groups != 1 || shape.in_channels >= 8 || shape.kernel[2] < 2 || shape.dilation[2] != 1) {
    return false;
  }
  // Merging needs a padded copy, which must not be much larger than the input.
  int64_t extent[3];
  padded_extent(shape, extent);
  double inner = 1, outer = 1;
  for (int d = 0; d < 3; d++) {
    inner *= static_cast<double>(shape.in[d]);
    outer *= static_cast<double>(extent[d]);
  }
  return outer <= 4 * inner + 1024;
}

PaddedColumns::PaddedColumns(const ConvShape& shape, const int64_t* extent)
    : left(least(extent[2], most(0, shape.pad[2]))),
      right(most(left, least(extent[2], shape.pad[2] + shape.in[2]))) {}

void pad_input(const ConvShape& shape, const int64_t* extent, const void* x, void* out) {
  const int64_t pixel = shape.in_channels * dtype_size(shape.dtype);
  const int64_t row = extent[2] * pixel, in_row = shape.in[2] * pixel;
  const PaddedColumns columns(shape, extent);
  const int64_t left = columns.left, right = columns.right;
  parallel_for(
      shape.batch * extent[0] * extent[1], (1 << 18) / (row + 1) + 1, [&](int64_t begin, int64_t end) {
        int64_t n = begin / (extent[0] * extent[1]);
        int64_t z = begin / extent[1] % extent[0] - shape.pad[0], y = begin % extent[1] - shape.pad[1];
        const auto step = [&] {
          if (++y < extent[1] - shape.pad[1]) return;
          y = -shape.pad[1];
          if (++z < extent[0] - shape.pad[0]) return;
          z = -shape.pad[0];
          n++;
        };
        for (int64_t i = begin; i < end; i++, step()) {
          char* to = static_cast<char*>(out) + i * row;
          if (z < 0 || z >= shape.in[0] || y < 0 || y >= shape.in[1]) {
            __builtin_memset(to, 0, static_cast<size_t>(row));
            continue;
          }
          const char* from = static_cast<const char*>(x) + ((n * shape.in[0] + z) * shape.in[1] + y) * in_row;
          __builtin_memset(to, 0, static_cast<size_t>(left * pixel));
          __builtin_memcpy(to + left * pixel, from + (left - shape.pad[2]) * pixel,
                           static_cast<size_t>((right - left) * pixel));
          __builtin_memset(to + right * pixel, 0, static_cast<size_t>((extent[2] - right) * pixel));
        }
      });
}

}  // namespace gradtape
