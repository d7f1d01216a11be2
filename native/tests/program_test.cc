// Programs that are damaged: refused when they are loaded or run, or carried out within their storages.
#include "program/run.h"

#include <vector>

#include "program/tiles.h"
#include "runtime/parallel/pool.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

constexpr int kGroup = 0, kTouch = 1;

/// An entry that reads its numbers and writes all of its buffers.
void touch(const void*, int, ProgramStep* step) {
  double sum = 0;
  for (int i = 0; i < step->number_count; i++) sum += step->numbers[i];
  for (int i = 0; i < step->buffer_count; i++) {
    memset(step->buffers[i].data, sum > 0, static_cast<size_t>(step->buffers[i].bytes));
  }
  step->result = -1;
}

StepTable steps() {
  return {nullptr, 2, kGroup, [](const void*, int entry) { return entry >= 0 && entry < 2; }, touch};
}

int find_unary(const char* name) {
  const KernelTable& t = kernels();
  for (int i = 0; i < t.unary.count; i++) {
    if (strcmp(t.unary[i].name, name) == 0) return i;
  }
  return -1;
}
int find_binary(const char* name) {
  const KernelTable& t = kernels();
  for (int i = 0; i < t.binary.count; i++) {
    if (strcmp(t.binary[i].name, name) == 0) return i;
  }
  return -1;
}
int find_reduce(const char* name) {
  const KernelTable& t = kernels();
  for (int i = 0; i < t.reduce.count; i++) {
    if (strcmp(t.reduce[i].name, name) == 0) return i;
  }
  return -1;
}

struct Sample {
  std::vector<double> words;
  std::vector<int64_t> storages;  // bytes
};

void instruction(Sample& s, int entry, std::initializer_list<int64_t> places, const std::vector<double>& n) {
  s.words.insert(s.words.end(), {static_cast<double>(entry), static_cast<double>(places.size()) / 3,
                                 static_cast<double>(n.size()), 0, 0, 0});
  for (const int64_t p : places) s.words.push_back(static_cast<double>(p));
  s.words.insert(s.words.end(), n.begin(), n.end());
}

/// Softmax with its row and column sums, a mask and a sum of everything over [rows, columns], and what reads
/// one block of a wider matrix and writes another; then a step that writes what it made.
Sample sample(int64_t rows, int64_t columns) {
  const double r = static_cast<double>(rows), c = static_cast<double>(columns);
  const auto full = static_cast<double>(TileSpace::kFull), scalar = static_cast<double>(TileSpace::kScalar);
  const auto column = static_cast<double>(TileSpace::kPerColumn),
             row = static_cast<double>(TileSpace::kPerRow);
  const auto f32 = static_cast<double>(DType::kFloat32), boolean = static_cast<double>(DType::kBool);
  const auto unary = static_cast<double>(TileOp::kUnary), binary = static_cast<double>(TileOp::kBinary);
  const auto select = static_cast<double>(TileOp::kSelect), reduce = static_cast<double>(TileOp::kReduce);
  const auto cast = static_cast<double>(TileOp::kCast);
  const int64_t size = rows * columns * 4;
  Sample s;
  // Storage 0 is an arena with two full values, the others hold one value each.
  s.storages = {2 * size, size, columns * 4, rows * 4, 4, columns * 4, 2 * size + (rows - 1) * 4};
  const std::vector<double> group = {
      r, c, 14, 11, 2,
      // values: x, exp x, its row sum, y, column bias, mask, mask as floats,
      // z, sum of rows, sum of all, sum of columns, a block, another, its exp
      full, f32, 0, 0, full, f32, -1, 0, row, f32, 3, 0, full, f32, 1, 0, column, f32, 2, 0, full, boolean,
      -1, 0, full, f32, -1, 0, full, f32, 0, static_cast<double>(size), row, f32, -1, 0, scalar, f32, 4, 0,
      column, f32, 5, 0, full, f32, 6, 0, full, f32, 6, c * 4, full, f32, -1, 0,
      // steps
      unary, static_cast<double>(find_unary("exp")), f32, 1, 0, 0, 0,          //
      reduce, static_cast<double>(find_reduce("sum")), f32, 2, 1, 1, 1,        //
      binary, static_cast<double>(find_binary("divide")), f32, 3, 1, 2, 1,     //
      binary, static_cast<double>(find_binary("greater")), f32, 5, 3, 4, 3,    //
      cast, f32, boolean, 6, 5, 5, 5,                                          //
      select, 0, f32, 7, 5, 3, 6,                                              //
      reduce, static_cast<double>(find_reduce("mean")), f32, 8, 7, 7, 7,       //
      reduce, static_cast<double>(find_reduce("sum")), f32, 9, 7, 7, 7,        //
      reduce, static_cast<double>(find_reduce("max")), f32, 10, 6, 6, 6,       //
      binary, static_cast<double>(find_binary("divide")), f32, 12, 11, 3, 11,  //
      unary, static_cast<double>(find_unary("exp")), f32, 13, 12, 12, 12,      //
      // rows of blocks
      11, 2 * c + 1, 12, 2 * c + 1};
  instruction(s, kGroup, {0, 0,           2 * size, 1,           0,        size, 2,
                          0, columns * 4, 3,        0,           rows * 4, 4,    0,
                          4, 5,           0,        columns * 4, 6,        0,    2 * size + (rows - 1) * 4},
              group);
  instruction(s, kTouch, {0, size, size, 4, 0, 4}, {1, 2, 3});
  return s;
}

/// Whether it ran. The storages have exactly so many bytes.
bool attempt(const Sample& s, const char** error) {
  *error = nullptr;
  const auto n = static_cast<int64_t>(s.storages.size());
  const auto program =
      Program::load(steps(), s.words.data(), static_cast<int64_t>(s.words.size()), n, 0, error);
  if (program == nullptr) {
    CHECK(*error != nullptr, "refused without a reason");
    return false;
  }
  std::vector<Buffer> buffers;
  buffers.reserve(s.storages.size());
  std::vector<Range> ranges;
  for (int64_t i = 0; i < n; i++) {
    buffers.emplace_back(s.storages[static_cast<size_t>(i)]);
    Buffer& b = buffers.back();
    b.fill(0);
    const Range range = program->storage(i, b.data(), static_cast<size_t>(b.bytes()), 0, error);
    if (*error != nullptr) return false;
    ranges.push_back(range);
  }
  const ProgramResult result = program->run(ranges.data(), nullptr, 0, program->word_count());
  for (const Buffer& b : buffers) CHECK(b.intact(), "a program wrote outside of its storages");
  *error = result.error;
  return result.error == nullptr;
}

}  // namespace

TEST(program_damaged) {
  Random random(7);
  constexpr double odd[] = {-1, 0.5, 1,    2,      3,      5,      17,     33,
                            64, 300, 4096, 0x1p31, 0x1p40, 0x1p53, 0x1p62, -1e308};
  const double nan = __builtin_nan("");
  int64_t ran = 0, refused = 0;
  constexpr int64_t shapes[][2] = {{3, 5}, {1, 1}, {70, 3}, {5, 130}, {40, 33}, {3, 1030}};
  for (const auto& shape : shapes) {
    const Sample whole = sample(shape[0], shape[1]);
    const char* error = nullptr;
    CHECK(attempt(whole, &error), "[%d, %d]: %s", static_cast<int>(shape[0]), static_cast<int>(shape[1]),
          error == nullptr ? "" : error);
    const int rounds = quick() ? 1500 : 6000;
    for (int round = 0; round < rounds && passing(); round++) {
      Sample s = whole;
      for (int64_t k = random.below(3); k >= 0; k--) {
        const size_t at = static_cast<size_t>(random.below(static_cast<int64_t>(s.words.size())));
        const int64_t what = random.below(10);
        s.words[at] = what == 0  ? nan
                      : what < 6 ? static_cast<double>(random.below(12))
                                 : odd[random.below(sizeof(odd) / sizeof(odd[0]))];
      }
      if (random.below(4) == 0)
        s.words.resize(static_cast<size_t>(random.below(static_cast<int64_t>(s.words.size()))));
      if (random.below(4) == 0) {
        int64_t& bytes =
            s.storages[static_cast<size_t>(random.below(static_cast<int64_t>(s.storages.size())))];
        bytes = random.below(bytes + 1);
      }
      (attempt(s, &error) ? ran : refused)++;
    }
  }
  // Some of both: otherwise nothing was checked.
  CHECK(ran > 200, "only %d ran", static_cast<int>(ran));
  CHECK(refused > 2000, "only %d were refused", static_cast<int>(refused));
}

TEST(program_cut_off) {
  const Sample whole = sample(6, 7);
  const char* error = nullptr;
  for (size_t words = 1; words < whole.words.size(); words++) {
    Sample s = whole;
    s.words.resize(words);
    const bool first_only = attempt(s, &error);
    CHECK(!first_only || error == nullptr, "%s", error == nullptr ? "" : error);
  }
  for (size_t i = 0; i < whole.storages.size(); i++) {
    Sample s = whole;
    s.storages[i]--;
    CHECK(!attempt(s, &error), "storage %d is too short", static_cast<int>(i));
  }
}

}  // namespace gradtape::test
