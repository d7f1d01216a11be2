// Convolutions and their gradients on every instruction set, against their definition in double.
#include "runtime/conv/conv.h"

#include <math.h>

#include "runtime/conv/winograd.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

struct Doubles {
  explicit Doubles(int64_t n) : p(static_cast<double*>(calloc(static_cast<size_t>(n) + 1, sizeof(double)))) {}
  ~Doubles() { free(p); }
  Doubles(const Doubles&) = delete;
  double* p;
};

int64_t x_count(const ConvShape& s) { return s.batch * s.in[0] * s.in[1] * s.in[2] * s.in_channels; }
int64_t y_count(const ConvShape& s) { return s.pixels() * s.out_channels; }
int64_t filter_count(const ConvShape& s) { return s.taps() * s.group_in() * s.out_channels; }

/// f(position in x, in the filter, in y) for every product of the definition.
template <class F>
void each_product(const ConvShape& s, const F& f) {
  const int64_t in = s.group_in(), out = s.group_out();
  const int64_t taps = s.taps(), pixels = s.pixels();
  for (int64_t q = 0; q < pixels; q++) {
    for (int64_t t = 0; t < taps; t++) {
      int64_t rest_q = q, rest_t = t, x = 0, pitch = 1;
      bool inside = true;
      for (int d = 2; d >= 0; d--) {
        const int64_t i = rest_q % s.out[d] * s.stride[d] + rest_t % s.kernel[d] * s.dilation[d] - s.pad[d];
        inside = inside && i >= 0 && i < s.in[d];
        x += i * pitch;
        pitch *= s.in[d];
        rest_q /= s.out[d];
        rest_t /= s.kernel[d];
      }
      if (!inside) continue;
      x += rest_q * pitch;
      for (int64_t g = 0; g < s.groups; g++) {
        for (int64_t c = 0; c < in; c++) {
          for (int64_t o = g * out; o < (g + 1) * out; o++) {
            f(x * s.in_channels + g * in + c, (t * in + c) * s.out_channels + o, q * s.out_channels + o);
          }
        }
      }
    }
  }
}

UnaryFn activation(const KernelTable& table, const char* name, int dtype) {
  for (int i = 0; i < table.unary.count; i++) {
    if (strcmp(table.unary[i].name, name) == 0) return table.unary[i].fn[dtype];
  }
  return nullptr;
}

/// What is finished as it is written has the bits of the plain result, finished afterwards.
template <class T>
void check_epilogue(const KernelTable& table, ConvCall call, Buffer& plain, Random& random) {
  const int64_t size = sizeof(T), n = call.shape.out_channels, count = plain.bytes() / size;
  const int dtype = call.shape.dtype;
  Buffer bias(n * size, size), residual(count * size, 3 * size), want(count * size), got(count * size, size);
  for (Buffer* b : {&bias, &residual}) {
    for (int64_t i = 0; i < b->bytes() / size; i++) b->as<T>()[i] = static_cast<T>(2 * random.unit() - 1);
  }
  const UnaryFn relu = activation(table, "relu", dtype), tanh = activation(table, "tanh", dtype);
  for (int i = 0; i < 3; i++) {  // bias, residual; no activation, relu, tanh
    const int64_t parts = 1 + random.below(11);
    call.epilogue = {};
    if (parts & 1) call.epilogue.bias = bias.data();
    call.epilogue.adds = parts & 2;
    call.epilogue.residual = bytes_between(got.data(), residual.data());
    call.epilogue.relu = parts / 4 == 1;
    if (parts / 4 == 2) call.epilogue.activation = tanh;
    for (int64_t j = 0; j < count; j++) {
      T y = plain.as<T>()[j];
      if (parts & 1) y += bias.as<T>()[j % n];
      if (parts & 2) y += residual.as<T>()[j];
      want.as<T>()[j] = y;
    }
    if (parts >= 4) (parts < 8 ? relu : tanh)(want.data(), want.data(), count);
    for (int threads : {1, 3}) {
      got.fill(0x55);
      set_num_threads(threads);
      call.result = got.data();
      const bool done = run_conv(table, call);
      CHECK(done && got.equals(want) && got.intact(),
            "%s %zu bytes: finished with %lld on %d threads; channels %lld %lld groups %lld filter %lld %lld",
            table.isa, sizeof(T), static_cast<long long>(parts), threads,
            static_cast<long long>(call.shape.in_channels), static_cast<long long>(n),
            static_cast<long long>(call.shape.groups), static_cast<long long>(call.shape.kernel[1]),
            static_cast<long long>(call.shape.kernel[2]));
    }
  }
}

/// With `forced` by these transforms, whatever is fastest.
template <class T>
void check(const KernelTable& table, const ConvShape& s, ConvPrecision precision, Random& random,
           const WinogradKernels* forced = nullptr) {
  const int64_t size = sizeof(T), counts[3] = {x_count(s), filter_count(s), y_count(s)};
  if (counts[0] == 0 || counts[1] == 0 || counts[2] == 0) return;
  Buffer x(counts[0] * size, size), filter(counts[1] * size, 2 * size), dy(counts[2] * size, size);
  for (Buffer* b : {&x, &filter, &dy}) {
    for (int64_t i = 0; i < b->bytes() / size; i++) b->as<T>()[i] = static_cast<T>(2 * random.unit() - 1);
  }
  for (int k = 0; k < static_cast<int>(ConvKind::kCount); k++) {
    const ConvKind kind = static_cast<ConvKind>(k);
    const int64_t n = kind == ConvKind::kForward         ? counts[2]
                      : kind == ConvKind::kInputGradient ? counts[0]
                                                         : counts[1];
    Doubles want(n);
    each_product(s, [&](int64_t i, int64_t w, int64_t o) {
      const double a = static_cast<double>(x.as<T>()[i]), b = static_cast<double>(filter.as<T>()[w]);
      const double c = static_cast<double>(dy.as<T>()[o]);
      if (kind == ConvKind::kForward) want.p[o] += a * b;
      if (kind == ConvKind::kInputGradient) want.p[i] += c * b;
      if (kind == ConvKind::kFilterGradient) want.p[w] += a * c;
    });
    Buffer one(n * size, size), many(n * size, size);
    ConvCall call = {};
    call.shape = s;
    call.kind = kind;
    call.precision = precision;
    call.a = kind == ConvKind::kInputGradient ? dy.data() : x.data();
    call.b = kind == ConvKind::kFilterGradient ? dy.data() : filter.data();
    bool done = true;
    for (int threads : {1, 3}) {
      Buffer& result = threads == 1 ? one : many;
      result.fill(0x55);
      set_num_threads(threads);
      call.result = result.data();
      done = done && (forced == nullptr ? run_conv(table, call) : run_winograd(table, *forced, call));
    }
    if (kind == ConvKind::kForward && forced == nullptr) check_epilogue<T>(table, call, one, random);
    double error = 0, norm = 0;
    for (int64_t i = 0; i < n; i++) {
      const double e = static_cast<double>(one.as<T>()[i]) - want.p[i];
      error += e * e;
      norm += want.p[i] * want.p[i];
    }
    // Forced tiles may be zeros but for one element: few sums, of few terms.
    const double times = precision != ConvPrecision::kFast ? 1 : forced == nullptr ? 2 : 4;
    const double limit = (sizeof(T) == 4 ? 1e-6 : 4e-15) * times;
    CHECK(
        done && sqrt(error) <= limit * sqrt(norm) && one.equals(many) && one.intact() && many.intact(),
        "%s %zu bytes kind %d precision %d batch %lld in %lld %lld %lld out %lld %lld %lld filter %lld %lld "
        "%lld strides %lld %lld %lld dilations %lld %lld %lld pads %lld %lld %lld channels %lld %lld groups "
        "%lld: error %g, threads agree %d",
        table.isa, sizeof(T), k, static_cast<int>(precision), static_cast<long long>(s.batch),
        static_cast<long long>(s.in[0]), static_cast<long long>(s.in[1]), static_cast<long long>(s.in[2]),
        static_cast<long long>(s.out[0]), static_cast<long long>(s.out[1]), static_cast<long long>(s.out[2]),
        static_cast<long long>(s.kernel[0]), static_cast<long long>(s.kernel[1]),
        static_cast<long long>(s.kernel[2]), static_cast<long long>(s.stride[0]),
        static_cast<long long>(s.stride[1]), static_cast<long long>(s.stride[2]),
        static_cast<long long>(s.dilation[0]), static_cast<long long>(s.dilation[1]),
        static_cast<long long>(s.dilation[2]), static_cast<long long>(s.pad[0]),
        static_cast<long long>(s.pad[1]), static_cast<long long>(s.pad[2]),
        static_cast<long long>(s.in_channels), static_cast<long long>(s.out_channels),
        static_cast<long long>(s.groups), sqrt(error / (norm > 0 ? norm : 1)), one.equals(many));
  }
}

/// 3×3 filters over height × width, with this much padding before and after.
ConvShape square_shape(int64_t batch, int64_t height, int64_t width, int64_t in, int64_t out, int64_t before,
                       int64_t after, int64_t dilation = 1, int64_t groups = 1) {
  ConvShape s = {};
  s.batch = batch, s.in_channels = in, s.out_channels = out, s.groups = groups;
  const int64_t sizes[3] = {1, height, width};
  for (int d = 0; d < 3; d++) {
    s.in[d] = sizes[d];
    s.kernel[d] = d == 0 ? 1 : 3;
    s.stride[d] = 1;
    s.dilation[d] = d == 0 ? 1 : dilation;
    s.pad[d] = d == 0 ? 0 : before;
    const int64_t span = s.in[d] - (s.kernel[d] - 1) * s.dilation[d] + (d == 0 ? 0 : before + after);
    s.out[d] = span < 0 ? 0 : span;
  }
  return s;
}

/// A random shape, with the sizes of the result that follow.
ConvShape random_shape(Random& random, bool three) {
  ConvShape s = {};
  s.batch = 1 + random.below(3);
  s.groups = random.below(3) == 0 ? 1 + random.below(3) : 1;
  s.in_channels = s.groups * (1 + random.below(random.below(3) == 0 ? 40 : 9));
  s.out_channels = s.groups * (1 + random.below(random.below(3) == 0 ? 140 : 20));
  if (random.below(8) == 0) s.groups = s.out_channels = s.in_channels;
  for (int d = 0; d < 3; d++) {
    const bool flat = d == 0 && !three;
    s.in[d] = flat ? 1 : 1 + random.below(11);
    s.kernel[d] = flat ? 1 : 1 + random.below(4);
    s.stride[d] = flat ? 1 : 1 + random.below(3);
    s.dilation[d] = 1 + random.below(2);
    s.pad[d] = flat ? 0 : random.below(4);
    const int64_t after = flat ? 0 : random.below(4);
    const int64_t span = s.in[d] + s.pad[d] + after - ((s.kernel[d] - 1) * s.dilation[d] + 1);
    s.out[d] = span < 0 ? 0 : span / s.stride[d] + 1;
  }
  return s;
}

}  // namespace

TEST(conv_random_shapes) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    section();
    Random random(11);
    for (int i = 0; i < (quick() ? 25 : 120); i++) {
      ConvShape s = random_shape(random, i % 3 == 0);
      check<float>(*table, s, ConvPrecision::kFast, random);
      s.dtype = 1;
      check<double>(*table, s, ConvPrecision::kFast, random);
    }
  }
  set_num_threads(before);
}

/// Shapes at which Winograd's algorithm is not chosen too: tiles that reach over all borders, channels that
/// fill no vector, more of them than one part of the work has, and sums over many tiles.
TEST(conv_winograd_forced) {
  const int before = num_threads();
  const int64_t channels[][2] = {{1, 1}, {1, 64}, {3, 17}, {17, 3}, {64, 1}, {33, 40}};
  const int64_t sizes[][2] = {{1, 1}, {3, 3}, {4, 4}, {1, 9}, {5, 6}, {7, 11}, {13, 2}};
  for (const KernelTable* table : isas()) {
    section();
    Random random(13);
    for (const WinogradKernels& winograd : table->winograd) {
      const auto run = [&](const ConvShape& s) {
        const ConvPrecision precision = winograd.tile == 6 ? ConvPrecision::kFast : ConvPrecision::kBalanced;
        check<float>(*table, s, precision, random, &winograd);
      };
      for (const auto& c : channels) {
        for (const auto& size : sizes) {
          const int64_t batch = 1 + random.below(3);
          run(square_shape(batch, size[0], size[1], c[0], c[1], 1, 1));
          run(square_shape(batch, size[0], size[1], c[0], c[1], 0, 0));
          if (!quick()) run(square_shape(batch, size[0], size[1], c[0], c[1], 2, random.below(3)));
        }
      }
      run(square_shape(2, 13, 9, 5, 7, 2, 1, 2));
      run(square_shape(1, 7, 23, 18, 6, 3, 3, 3, 3));
      run(square_shape(3, 6, 5, 12, 24, 1, 1, 1, 4));
      run(square_shape(1, 17, 150, 2, 3, 4, 4, 4));  // of the last lines of tiles most are empty
      run(square_shape(1, 5, 6, 130, 260, 1, 1));
      if (!quick()) run(square_shape(9, 128, 128, 3, 5, 1, 1));
    }
  }
  set_num_threads(before);
}

TEST(conv_winograd) {
  const int before = num_threads();
  for (const KernelTable* table : isas()) {
    section();
    Random random(12);
    for (int i = 0; i < (quick() ? 8 : 30); i++) {
      ConvShape s = {};
      s.batch = 1 + random.below(3);
      s.groups = random.below(2) == 0 ? 1 : 2 + random.below(3);
      s.in_channels = s.groups * (16 + random.below(60 / s.groups));
      s.out_channels = s.groups * (16 + random.below(60 / s.groups));
      for (int d = 0; d < 3; d++) {
        s.in[d] = d == 0 ? 1 + random.below(2) : 1 + random.below(quick() ? 11 : 21);
        s.kernel[d] = d == 0 ? 1 : 3;
        s.stride[d] = 1;
        s.dilation[d] = d > 0 && i % 2 == 1 ? 1 + random.below(4) : 1;
        s.pad[d] = d == 0 ? 0 : random.below(3 * s.dilation[d] + 1);
        const int64_t after = d == 0 ? 0 : random.below(2 * s.dilation[d] + 1);
        const int64_t span = s.in[d] + s.pad[d] + after - ((s.kernel[d] - 1) * s.dilation[d] + 1);
        s.out[d] = span < 0 ? 0 : span + 1;
      }
      for (int p = 0; p < static_cast<int>(ConvPrecision::kCount); p++) {
        check<float>(*table, s, static_cast<ConvPrecision>(p), random);
      }
    }
  }
  set_num_threads(before);
}

}  // namespace gradtape::test
