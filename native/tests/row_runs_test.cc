// Runs of instructions that threads carry out for rows of their own, against the instructions one by one.
#include <initializer_list>
#include <vector>

#include "program/run.h"
#include "runtime/matmul/matmul.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

constexpr int kGroup = 0, kProduct = 1, kOpaque = 2;

/// c[m, n] = a[m, k]·b[k, n]; numbers: m, n, k.
void product(ProgramStep* step) {
  MatmulCall call = {};
  call.m = static_cast<int64_t>(step->numbers[0]);
  call.n = static_cast<int64_t>(step->numbers[1]);
  call.k = static_cast<int64_t>(step->numbers[2]);
  const MatmulKernels& table = kernels().matmul[0];
  if (step->form != nullptr) {
    step->form->rows = call.m, step->form->grains = 100;
    step->form->uses = {{0, 0, call.k * 4, call.k * 4, false},
                        {1, 0, call.k * call.n * 4, 0, false},
                        {2, 0, call.n * 4, call.n * 4, true}};
    return;
  }
  call.a = step->buffers[0].data;
  call.b = step->buffers[1].data;
  call.c = step->buffers[2].data;
  const bool done = step->row_end < 0 ? run_matmul(table, call)
                                      : run_matmul_rows(table, call, step->row_begin, step->row_end);
  if (!done) step->error = "there is no memory";
}

void run_step(const void*, int entry, ProgramStep* step) {
  if (entry == kProduct) product(step);
}

constexpr StepTable kSteps = {nullptr,  3,
                              kGroup,   [](const void*, int entry) { return entry < 3; },
                              run_step, [](const void*, int entry) { return entry == kProduct; }};

double unary(const char* name) {
  const KernelTable& t = kernels();
  int i = 0;
  while (i < t.unary.count && strcmp(t.unary[i].name, name) != 0) i++;
  return i;
}
double reduction(const char* name) {
  const KernelTable& t = kernels();
  int i = 0;
  while (i < t.reduce.count && strcmp(t.reduce[i].name, name) != 0) i++;
  return i;
}
double add() {
  const KernelTable& t = kernels();
  int i = 0;
  while (i < t.binary.count && strcmp(t.binary[i].name, "add") != 0) i++;
  return i;
}

/// A program over an arena of floats, written instruction by instruction.
struct Code {
  std::vector<double> words;
  std::vector<int64_t> starts;

  /// `places`: element and count in the arena, for each buffer.
  void instruction(int entry, const std::vector<int64_t>& places, const std::vector<double>& numbers) {
    starts.push_back(static_cast<int64_t>(words.size()));
    words.insert(words.end(), {static_cast<double>(entry), static_cast<double>(places.size()) / 2,
                               static_cast<double>(numbers.size()), 0, 0, 0});
    for (size_t i = 0; i < places.size(); i += 2) {
      words.insert(words.end(),
                   {0, static_cast<double>(4 * places[i]), static_cast<double>(4 * places[i + 1])});
    }
    words.insert(words.end(), numbers.begin(), numbers.end());
  }
  void multiply(int64_t a, int64_t b, int64_t c, int64_t m, int64_t n, int64_t k) {
    instruction(kProduct, {a, m * k, b, k * n, c, m * n},
                {static_cast<double>(m), static_cast<double>(n), static_cast<double>(k)});
  }
  /// y = tanh(x + z) over [rows, columns], rows of x and y so many elements apart (0: dense); with `sums`, z
  /// has an element for each row, and is the row's sum of x before it is added.
  void group(int64_t x, int64_t x_stride, int64_t z, int64_t y, int64_t y_stride, int64_t rows,
             int64_t columns, bool sums) {
    const double full = static_cast<double>(TileSpace::kFull), row = static_cast<double>(TileSpace::kPerRow);
    const double one = static_cast<double>(TileOp::kUnary), two = static_cast<double>(TileOp::kBinary);
    const double reduce = static_cast<double>(TileOp::kReduce);
    const auto reach = [&](int64_t stride) {
      return (rows - 1) * (stride == 0 ? columns : stride) + columns;
    };
    std::vector<double> n = {static_cast<double>(rows), static_cast<double>(columns), 4, sums ? 3.0 : 2.0};
    n.push_back((x_stride != 0) + (y_stride != 0));
    n.insert(n.end(), {full, 0, 0, 0, sums ? row : full, 0, 1, 0, full, 0, 2, 0, full, 0, -1, 0});
    if (sums) n.insert(n.end(), {reduce, reduction("mean"), 0, 1, 0, 0, 0});
    n.insert(n.end(), {two, add(), 0, 3, 0, 1, 1, one, unary("tanh"), 0, 2, 3, 3, 3});
    if (x_stride != 0) n.insert(n.end(), {0, static_cast<double>(x_stride)});
    if (y_stride != 0) n.insert(n.end(), {2, static_cast<double>(y_stride)});
    instruction(kGroup, {x, reach(x_stride), z, sums ? rows : rows * columns, y, reach(y_stride)}, n);
  }
};

struct Ran {
  Buffer arena;
  std::vector<RowRun> runs;
};

/// Carries it out as a whole, or one instruction after another.
Ran run(const Code& code, const Buffer& given, bool whole) {
  const char* error = nullptr;
  Ran ran = {given, {}};
  const auto words = static_cast<int64_t>(code.words.size());
  const auto program = Program::load(kSteps, code.words.data(), words, 1, 0, &error);
  CHECK(program != nullptr, "refused: %s", error);
  if (program == nullptr) return ran;
  ran.runs = program->row_runs();
  const Range range =
      program->storage(0, ran.arena.data(), static_cast<size_t>(ran.arena.bytes()), 0, &error);
  CHECK(error == nullptr, "%s", error);
  for (size_t i = 0; i < code.starts.size() && error == nullptr; i++) {
    const int64_t end = whole || i + 1 == code.starts.size() ? words : code.starts[i + 1];
    error = program->run(&range, nullptr, code.starts[i], end).error;
    if (whole) break;
  }
  CHECK(error == nullptr, "%s", error);
  return ran;
}

bool overlap(int64_t a, int64_t a_size, int64_t b, int64_t b_size) {
  return a < b + b_size && b < a + a_size;
}

/// With so many threads, and then as before.
struct Threads {
  int before = num_threads();
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
};

constexpr int64_t kRows = 32, kColumns = 128, kSize = kRows * kColumns;

Buffer arena(Random& random, int64_t elements) {
  Buffer b(4 * elements);
  fill_random(random, 0, b.data(), elements, Values::kNormal);
  return b;
}

}  // namespace

// A recurrent step and the next one: products, groups over blocks of their results, and what they give.
TEST(row_runs_recurrent) {
  const Threads threads(2);
  Random random(3);
  Code code;
  const int64_t weights = 0, h = kColumns * 2 * kColumns, z = h + 6 * kSize;
  for (int64_t t = 0; t < 4; t++) {
    code.multiply(h + t * kSize, weights, z, kRows, 2 * kColumns, kColumns);
    code.group(z + kColumns, 2 * kColumns, h + t * kSize, h + (t + 1) * kSize, 0, kRows, kColumns, false);
  }
  const Buffer given = arena(random, z + 2 * kSize);
  const Ran together = run(code, given, true), single = run(code, given, false);
  CHECK(together.runs.size() == 1 && together.runs[0].first == 0 && together.runs[0].end == 8,
        "it is no one run");
  CHECK(together.arena.equals(single.arena), "the results differ");
}

// What needs rows of others, or is known after the last row, ends a run.
TEST(row_runs_ends) {
  const Threads threads(2);
  const int64_t x = kColumns * kColumns, y = x + 2 * kSize, z = y + 2 * kSize, w = z + 2 * kSize;
  struct Case {
    const char* what;
    Code code;
    size_t runs;
  };
  std::vector<Case> cases;
  const auto begin = [&](const char* what, size_t runs) -> Code& {
    cases.push_back({what, {}, runs});
    cases.back().code.multiply(x, 0, y, kRows, kColumns, kColumns);
    return cases.back().code;
  };
  begin("rows of the same", 1).group(y, 0, x, z, 0, kRows, kColumns, false);
  begin("sums of rows", 1).group(y, 0, w, z, 0, kRows, kColumns, true);
  begin("elements without rows", 1).group(y, 0, x, z, 0, 1, kSize, false);
  begin("one row further on", 0).group(y + kColumns, 0, x, w, 0, kRows, kColumns, false);
  begin("written over what others still read", 0).group(y, 0, z, x + 64, 0, kRows, kColumns, false);
  begin("another count of rows", 0).group(y, 0, x, z, 0, kRows / 2, 2 * kColumns, false);
  begin("a factor of its own", 0).multiply(x, y - 3 * kSize, z, kRows, kColumns, kColumns);
  begin("nothing known", 0).instruction(kOpaque, {y, kSize}, {});
  Random random(4);
  for (const Case& c : cases) {
    const Buffer given = arena(random, w + 2 * kSize);
    const Ran together = run(c.code, given, true), single = run(c.code, given, false);
    CHECK(together.runs.size() == c.runs, "%s: %d runs", c.what, static_cast<int>(together.runs.size()));
    CHECK(together.arena.equals(single.arena), "%s: the results differ", c.what);
  }
}

// Instructions at all sorts of places, which overlap in all sorts of ways.
TEST(row_runs_random) {
  Random random(5);
  constexpr int64_t kArena = 12 * kSize;
  size_t joined = 0;
  const int rounds = quick() ? 60 : 300;
  for (int round = 0; round < rounds && passing(); round++) {
    const Threads threads(round % 2 == 0 ? 2 : 4);
    Code code;
    // Most at the same few places, some near them.
    const auto place = [&](int64_t size) {
      const int64_t at = random.below(12) * kSize + (random.below(4) == 0 ? random.below(9) * 64 : 0);
      return at + size <= kArena ? at : kArena - size;
    };
    for (int64_t i = 3 + random.below(8); i > 0; i--) {
      const int64_t y = place(2 * kSize);
      if (random.below(3) == 0) {
        const int64_t n = random.below(2) == 0 ? kColumns : 2 * kColumns;
        const int64_t a = place(kSize), b = place(kColumns * n);
        if (overlap(a, kSize, y, kRows * n) || overlap(b, kColumns * n, y, kRows * n)) continue;
        code.multiply(a, b, y, kRows, n, kColumns);
        continue;
      }
      const bool flat = random.below(3) == 0, sums = !flat && random.below(4) == 0;
      const int64_t x_stride = !flat && !sums && random.below(3) == 0 ? 2 * kColumns : 0;
      const int64_t y_stride = !flat && random.below(4) == 0 ? 2 * kColumns : 0;
      const int64_t x = place(2 * kSize), z = place(kSize);
      const int64_t y_size = y_stride != 0 ? 2 * kSize : kSize;
      if (overlap(x, 2 * kSize, y, y_size) || overlap(z, kSize, y, y_size) || overlap(x, 2 * kSize, z, kSize))
        continue;
      code.group(x, x_stride, z, y, y_stride, flat ? 1 : kRows, flat ? kSize : kColumns, sums);
    }
    if (code.starts.empty()) continue;
    Buffer given = arena(random, kArena);
    // So that sums stay small.
    for (int64_t i = 0; i < kArena; i++) given.as<float>()[i] *= 0.05f;
    const Ran together = run(code, given, true), single = run(code, given, false);
    joined += together.runs.size();
    CHECK(together.arena.equals(single.arena), "round %d: the results differ", round);
  }
  CHECK(joined > static_cast<size_t>(rounds) / 4, "only %d runs", static_cast<int>(joined));
}

}  // namespace gradtape::test
