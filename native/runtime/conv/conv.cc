// Chooses the algorithm of a convolution, and has the direct one for the forward pass and the input gradient:
// the register tiles of the matrix product iterate over the channels of one tap after another, addressed by
// indirection pointers. Only weights are copied and, if there are few channels, the input with its padding.
#include "runtime/conv/conv.h"

#include "runtime/conv/conv_map.h"
#include "runtime/conv/conv_taps.h"
#include "runtime/conv/winograd.h"
#include "runtime/matmul/matmul.h"
#include "runtime/parallel/pool.h"
#include "runtime/window/window.h"

namespace gradtape {

namespace {

/// Packs the filter into panels: for each group, the matrices of all taps stacked vertically.
struct Packing {
  int64_t taps, groups, rows, columns;  // rows and columns of one tap in one group
  int64_t tap, group, row, column;      // steps in elements

  int64_t group_elements(const ConvKernels& kernels) const {
    return taps * rows * ((columns + kernels.lanes - 1) / kernels.lanes * kernels.lanes);
  }
  void run(const ConvKernels& kernels, int64_t size, const void* filter, void* packed) const {
    const int64_t each = group_elements(kernels);
    parallel_for(taps * groups, (1 << 15) / (rows * columns + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t g = i / taps, t = i % taps;
        kernels.pack(bytes_at(filter, (t * tap + g * group) * size), row, column, rows, columns,
                     bytes_at(packed, g * each * size), t * rows, taps * rows);
      }
    });
  }
};

/// Whether `term_rows` applies: with few channels, and no tap outside x, all pixels of a row have the same
/// few terms at fixed distances.
bool few_terms(const ConvKernels& kernels, const ConvShape& s) {
  const int64_t terms = s.taps() * s.in_channels;
  return terms <= kernels.depth && terms * s.out_channels * dtype_size(s.dtype) <= kernels.pack_bytes;
}
bool term_rows(const ConvKernels& kernels, const ConvShape& s, const void* x, const ConvCall& call) {
  const int64_t size = dtype_size(s.dtype), terms = s.taps() * s.in_channels;
  const int64_t pitch = s.in[2] * s.in_channels, inner = s.kernel[2] * s.in_channels;
  Workspace table(terms * 8);
  if (table.failed()) return false;
  int64_t* const offset = table.as<int64_t>();
  // Without divisions, which took as long as the sums in small calls.
  for (int64_t i = 0, t = 0; i < s.kernel[0]; i++) {
    for (int64_t j = 0; j < s.kernel[1]; j++) {
      const int64_t first = (i * s.dilation[0] * s.in[1] + j * s.dilation[1]) * pitch;
      for (int64_t l = 0; l < inner; l++) offset[t++] = (first + l) * size;
    }
  }
  const int64_t rows = s.batch * s.out[0] * s.out[1], work = terms * s.out_channels * s.out[2];
  parallel_for(rows, kConvGrain / most(1, work) + 1, [&](int64_t begin, int64_t end) {
    TermRow row = {};
    row.a_row = s.stride[2] * s.in_channels;
    row.offset = offset;
    row.terms = terms;
    row.b = call.b;
    row.b_row = s.out_channels;
    row.c_row = s.out_channels;
    row.m = s.out[2];
    row.n = s.out_channels;
    row.epilogue = call.epilogue.any() ? &call.epilogue : nullptr;
    int64_t line = begin % s.out[1], plane = begin / s.out[1] % s.out[0], image = begin / s.out[1] / s.out[0];
    for (int64_t i = begin; i < end; i++) {
      const int64_t from = (plane * s.stride[0] + image * s.in[0]) * s.in[1] + line * s.stride[1];
      row.a = bytes_at(x, from * pitch * size);
      row.c = bytes_at(call.result, i * s.out[2] * s.out_channels * size);
      kernels.row(row);
      if (++line < s.out[1]) continue;
      line = 0;
      if (++plane < s.out[0]) continue;
      plane = 0;
      image++;
    }
  });
  return true;
}

/// The forward convolution by direct sums. If `small` is set, only the plan is recorded there.
bool forward(const KernelTable& table_of_kernels, const ConvCall& call, SmallConv* small) {
  const ConvKernels& kernels = table_of_kernels.conv[call.shape.dtype];
  ConvShape s = call.shape;
  const int64_t size = dtype_size(s.dtype);
  const void* x = call.a;
  int64_t row_pitch = s.in[2] * s.in_channels;
  int64_t depth = s.group_in();
  int64_t pixel = s.in_channels;
  int64_t extent[3] = {};
  // Where `term_rows` would apply, a small convolution uses pointers and does not merge taps: the products
  // and their order are the same.
  const int64_t merged = s.kernel[2] * s.in_channels;
  const bool unmerged = small != nullptr && few_terms(kernels, s) &&
                        !few_columns(kernels, s.out_channels, merged) &&
                        !few_columns(kernels, s.out_channels, depth);
  const bool merge = merges_taps(s) && !unmerged, pad = merge && !stays_inside(s);
  if (pad && small != nullptr) return true;
  if (pad) padded_extent(s, extent);
  Workspace padded(pad ? s.batch * extent[0] * extent[1] * extent[2] * s.in_channels * size : 0);
  if (padded.failed()) return false;
  if (merge) {
    if (pad) {
      pad_input(s, extent, x, padded.as<void>());
      x = padded.as<void>();
      for (int d = 0; d < 3; d++) s.in[d] = extent[d], s.pad[d] = 0;
      row_pitch = s.in[2] * s.in_channels;
    }
    depth = merged;
    if (small == nullptr && few_terms(kernels, s) && !few_columns(kernels, s.out_channels, depth)) {
      return term_rows(kernels, s, x, call);
    }
    s.kernel[2] = 1;
  }
  const int64_t taps = s.taps();
  Workspace table(taps * 4 * 8);
  if (table.failed()) return false;
  int64_t(*const offset)[3] = table.as<int64_t[3]>();
  int64_t* const rows = table.as<int64_t>() + taps * 3;
  for (int64_t t = 0, i = 0; i < s.kernel[0]; i++) {
    for (int64_t j = 0; j < s.kernel[1]; j++) {
      for (int64_t l = 0; l < s.kernel[2]; l++, t++) {
        offset[t][0] = i * s.dilation[0] - s.pad[0];
        offset[t][1] = j * s.dilation[1] - s.pad[1];
        offset[t][2] = l * s.dilation[2] - s.pad[2];
        rows[t] = t * depth;
      }
    }
  }
  TapSum sum;
  sum.kernels = &kernels;
  sum.map.batch = s.batch;
  sum.element = sum.map.element = size;
  int64_t out = s.out_channels, in = row_pitch;
  sum.map.in_pitch[2] = pixel;
  for (int d = 2; d >= 0; d--) {
    sum.map.size[d] = s.out[d];
    sum.map.in_size[d] = s.in[d];
    sum.map.step[d] = s.stride[d];
    sum.map.out_pitch[d] = out;
    out *= s.out[d];
    if (d < 2) {
      sum.map.in_pitch[d] = in;
      in *= s.in[d];
    }
  }
  sum.map.out_batch = out;
  sum.map.in_batch = in;
  sum.map.taps = taps;
  sum.map.offset = offset;
  sum.tap_row = rows;
  sum.groups = s.groups;
  sum.depth = depth;
  sum.columns = s.group_out();
  sum.in = x;
  sum.out = call.result;
  sum.epilogue = call.epilogue;
  const Packing packing = {taps,        s.groups,       depth, sum.columns, depth * s.out_channels,
                           sum.columns, s.out_channels, 1};
  // The rows of one group are a large stride apart in the filter, so unpacked they would map to few cache
  // sets.
  sum.packed = (s.groups > 1 || taps * depth * s.out_channels * size > kernels.pack_bytes) && s.pixels() > 64;
  sum.dots = few_columns(kernels, sum.columns, depth);
  const int64_t terms = taps * depth;
  if (small != nullptr) {
    sum.packed = sum.packed && !sum.dots;
    sum.weights_row = sum.dots ? terms : s.out_channels;
    sum.weights_group = sum.dots ? sum.columns * terms : sum.columns;
    small->add(sum);
    return true;
  }
  Workspace panels(sum.dots     ? terms * s.out_channels * size
                   : sum.packed ? s.groups * packing.group_elements(kernels) * size
                                : 0);
  if (panels.failed()) return false;
  if (sum.dots) {  // transposes the filter: each output channel's weights become contiguous
    table_of_kernels.copy[size_index(size)].plane(call.b, 1, s.out_channels, panels.as<void>(), terms, 1,
                                                  s.out_channels, terms);
    sum.packed = false;
    sum.weights = panels.as<void>();
    sum.weights_row = terms;
    sum.weights_group = sum.columns * terms;
  } else if (sum.packed) {
    packing.run(kernels, size, call.b, panels.as<void>());
    sum.weights = panels.as<void>();
    sum.weights_group = packing.group_elements(kernels);
    sum.packed_rows = terms;
  } else {
    sum.weights = call.b;
    sum.weights_row = s.out_channels;
    sum.weights_group = sum.columns;
  }
  return sum.run();
}

/// Quotient and remainder of from, from − dilation, from − 2·dilation … divided by the stride, with one
/// division in all: in small calls divisions took longer than the sums.
struct Quotient {
  int64_t whole, rest;  // rest ≥ 0
};
struct Quotients {
  int64_t stride, whole, rest;  // quotient and remainder of the dilation

  Quotients(int64_t by, int64_t dilation)
      : stride(by), whole(by == 1 ? dilation : dilation / by), rest(dilation - whole * by) {}
  /// from ≥ 0.
  Quotient first(int64_t from) const {
    const int64_t q = stride == 1 ? from : from / stride;
    return {q, from - q * stride};
  }
  void next(Quotient* q) const {
    q->whole -= whole;
    q->rest -= rest;
    if (q->rest < 0) q->rest += stride, q->whole--;
  }
};

/// The input gradient (transposed convolution). Pixels of dx whose positions are equal modulo the strides use
/// the same taps, so each such phase is computed as a convolution with stride 1, and no zeros are inserted
/// between the elements of dy.
bool input_gradient(const ConvKernels& kernels, const ConvCall& call, SmallConv* small) {
  const ConvShape& s = call.shape;
  const int64_t size = dtype_size(s.dtype), taps = s.taps();
  const int64_t depth = s.group_out(), columns = s.group_in();
  const Packing packing = {taps,  s.groups, depth,         columns, columns * s.out_channels,
                           depth, 1,        s.out_channels};
  const bool dots = few_columns(kernels, columns, depth);
  const bool packs = !dots && small == nullptr;
  Workspace panels(packs ? s.groups * packing.group_elements(kernels) * size : 0);
  Workspace table(taps * 4 * 8);
  if (panels.failed() || table.failed()) return false;
  if (packs) packing.run(kernels, size, call.b, panels.as<void>());
  int64_t(*const offset)[3] = table.as<int64_t[3]>();
  int64_t* const rows = table.as<int64_t>() + taps * 3;

  TapSum sum;
  sum.kernels = &kernels;
  sum.map.batch = s.batch;
  sum.element = sum.map.element = size;
  int64_t pitch[3], out = s.in_channels, in = s.out_channels;
  for (int d = 2; d >= 0; d--) {
    pitch[d] = out;
    out *= s.in[d];
    sum.map.in_pitch[d] = in;
    in *= s.out[d];
    sum.map.in_size[d] = s.out[d];
    sum.map.step[d] = 1;
    sum.map.out_pitch[d] = pitch[d] * s.stride[d];
  }
  sum.map.out_batch = out;
  sum.map.in_batch = in;
  sum.map.offset = offset;
  sum.tap_row = rows;
  sum.groups = s.groups;
  sum.depth = depth;
  sum.columns = columns;
  sum.in = call.a;
  sum.out = call.result;
  sum.dots = dots;
  sum.weights = dots ? call.b : panels.as<void>();
  sum.weights_row = s.out_channels;
  sum.weights_group = dots ? depth : packing.group_elements(kernels);
  sum.packed = !dots;
  sum.packed_rows = taps * depth;
  const int64_t tap_rows = dots ? columns * s.out_channels : depth;
  const Quotients along[3] = {
      {s.stride[0], s.dilation[0]}, {s.stride[1], s.dilation[1]}, {s.stride[2], s.dilation[2]}};
  int64_t phase[3];
  for (phase[0] = 0; phase[0] < least(s.stride[0], s.in[0]); phase[0]++) {
    for (phase[1] = 0; phase[1] < least(s.stride[1], s.in[1]); phase[1]++) {
      for (phase[2] = 0; phase[2] < least(s.stride[2], s.in[2]); phase[2]++) {
        int64_t count = 0, t = 0;
        Quotient at[3];
        const auto begin = [&](int d) { at[d] = along[d].first(phase[d] + s.pad[d]); };
        begin(0);
        for (int64_t i = 0; i < s.kernel[0]; i++, along[0].next(&at[0])) {
          begin(1);
          for (int64_t j = 0; j < s.kernel[1]; j++, along[1].next(&at[1])) {
            begin(2);
            for (int64_t l = 0; l < s.kernel[2]; l++, along[2].next(&at[2]), t++) {
              if (at[0].rest + at[1].rest + at[2].rest > 0) continue;
              for (int d = 0; d < 3; d++) offset[count][d] = at[d].whole;
              rows[count++] = t * tap_rows;
            }
          }
        }
        sum.map.taps = count;
        sum.map.out_first = 0;
        for (int d = 0; d < 3; d++) {
          sum.map.size[d] = along[d].first(s.in[d] - phase[d] + s.stride[d] - 1).whole;
          sum.map.out_first += phase[d] * pitch[d];
        }
        if (small != nullptr) {
          small->add(sum);
        } else if (!sum.run()) {
          return false;
        }
      }
    }
  }
  return true;
}

/// A 1×1 convolution with stride 1 is a matrix product.
bool is_product(const ConvShape& s) {
  if (s.groups != 1) return false;
  for (int d = 0; d < 3; d++) {
    if (s.kernel[d] != 1 || s.stride[d] != 1 || s.pad[d] != 0 || s.in[d] != s.out[d]) return false;
  }
  return true;
}

bool product(const KernelTable& table, const ConvCall& call) {
  const ConvShape& s = call.shape;
  const bool forward = call.kind == ConvKind::kForward;
  MatmulCall matmul;
  matmul.a = call.a;
  matmul.b = call.b;
  matmul.c = call.result;
  matmul.dtype = s.dtype;
  matmul.m = s.pixels();
  matmul.k = forward ? s.in_channels : s.out_channels;
  matmul.n = forward ? s.out_channels : s.in_channels;
  matmul.transpose_b = !forward;
  matmul.epilogue = call.epilogue;
  return run_matmul(table.matmul[s.dtype], matmul);
}

/// A convolution with one channel per group is a depthwise convolution; the filter's layout is the same.
bool is_depthwise(const ConvShape& s) {
  return s.groups > 1 && s.groups == s.in_channels && s.groups == s.out_channels && s.in[0] == 1 &&
         s.out[0] == 1 && s.kernel[0] == 1 && s.pad[0] == 0;
}

bool depthwise(const DepthwiseKernels& kernels, const ConvCall& call) {
  const ConvShape& s = call.shape;
  WindowCall window;
  window.batch = s.batch;
  window.channels = s.groups;
  window.bytes = dtype_size(s.dtype);
  for (int d = 0; d < 3; d++) {
    window.dims[d] = {s.in[d], s.out[d], s.kernel[d], s.stride[d], s.dilation[d], s.pad[d]};
  }
  window.epilogue = call.epilogue;
  void *a = const_cast<void*>(call.a), *b = const_cast<void*>(call.b);
  switch (call.kind) {
    case ConvKind::kFilterGradient:
      return run_depthwise(kernels, kDepthwiseFilter, window, a, call.result, b);
    case ConvKind::kInputGradient:
      return run_depthwise(kernels, kDepthwiseInput, window, call.result, b, a);
    default:
      return run_depthwise(kernels, kDepthwise, window, a, b, call.result);
  }
}

}  // namespace

bool run_conv(const KernelTable& table, const ConvCall& call) {
  if (const SmallConv* known = SmallConv::find(table, call)) {
    known->run(call);
    return true;
  }
  const ConvKernels& kernels = table.conv[call.shape.dtype];
  if (is_depthwise(call.shape)) return depthwise(table.depthwise[call.shape.dtype], call);
  if (const WinogradKernels* winograd = choose_winograd(table, call)) {
    return run_winograd(table, *winograd, call);
  }
  const bool filter = call.kind == ConvKind::kFilterGradient;
  if (!filter && is_product(call.shape)) return product(table, call);
  const auto run = [&](SmallConv* small) {
    return filter                            ? run_conv_filter(kernels, call, small)
           : call.kind == ConvKind::kForward ? forward(table, call, small)
                                             : input_gradient(kernels, call, small);
  };
  SmallConv* const small = SmallConv::begin(table, call);
  if (small != nullptr && run(small) && small->done()) {
    small->run(call);
    return true;
  }
  return run(nullptr);
}

}  // namespace gradtape
