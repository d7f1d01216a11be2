// Pipelines against the steps that they consist of, one by one: the same bits.
#include "program/pipelines.h"

#include <vector>

#include "program/tiles.h"
#include "tests/harness.h"

namespace gradtape::test {

namespace {

constexpr int kFloat = static_cast<int>(DType::kFloat32), kBoolean = static_cast<int>(DType::kBool);

/// A group under construction; its buffers are in no order but that of its values.
struct Builder {
  TileGroup g = {};

  int value(TileSpace space, int dtype, bool buffer, int64_t stride = 0) {
    g.values[g.value_count] = {space, dtype, buffer, stride};
    return g.value_count++;
  }
  int step(TileOp kind, int op, int dtype, int out, int a, int b = 0, int c = 0) {
    g.steps[g.step_count++] = {kind, op, dtype, out, {a, b, c}};
    return out;
  }
};

/// Runs a group as pipelines and step by step. Whether there was a pipeline.
bool compare(const KernelTable& table, const TileGroup& g, Random& random, Values values, const char* what) {
  const char* const error = check_tiles(table, g);
  CHECK(error == nullptr, "%s %s: %s", table.isa, what, error == nullptr ? "" : error);
  if (error != nullptr) return false;
  TilePlan chained, single;
  plan_tiles(table, g, &chained);
  plan_tiles(table, g, &single);
  single.pipelines.clear(), single.flat = false;
  std::vector<Buffer> a, b;
  char *at[kMaxTileValues] = {}, *bt[kMaxTileValues] = {};
  a.reserve(kMaxTileValues), b.reserve(kMaxTileValues);
  for (int v = 0; v < g.value_count; v++) {
    if (!g.values[v].buffer) continue;
    const int64_t n = g.reach_of(g.values[v]);
    a.emplace_back(n * dtype_size(g.values[v].dtype), 8 * random.below(3));
    fill_random(random, g.values[v].dtype, a.back().data(), n, values);
    b.emplace_back(a.back());
    at[v] = a.back().as<char>(), bt[v] = b.back().as<char>();
  }
  CHECK(run_tiles(table, chained, at) && run_tiles(table, single, bt), "no memory");
  size_t i = 0;
  for (int v = 0; v < g.value_count && passing(); v++) {
    if (!g.values[v].buffer) continue;
    CHECK(a[i].intact() && b[i].intact(), "%s %s: value %d: wrote outside", table.isa, what, v);
    CHECK(same_values(g.values[v].dtype, at[v], bt[v], g.reach_of(g.values[v])),
          "%s %s [%d, %d]: value %d differs", table.isa, what, static_cast<int>(g.rows),
          static_cast<int>(g.columns), v);
    i++;
  }
  return !chained.pipelines.empty();
}

/// Blocks and what is left over; fewer elements make no pipeline.
constexpr int64_t kSizes[] = {256, 257, 271, 272, 300, 383, 385, 2048 + 77};

constexpr int kNegative = 0;

bool has_binary(const BinaryEntry& op, int dtype) {
  return op.fn[dtype][0] != nullptr && op.stage(dtype, kRegisterMemory) != nullptr;
}

}  // namespace

TEST(pipeline_unary) {
  Random random(11);
  for (const KernelTable* table : isas()) {
    section();
    int ops = 0;
    for (int op = 0; op < table->unary.count; op++) {
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        if (table->unary[op].fn[dtype] == nullptr || table->unary[op].stage(dtype) == nullptr) continue;
        ops++;
        for (const int64_t n : kSizes) {
          Builder b;
          b.g.rows = 1, b.g.columns = n;
          const int x = b.value(TileSpace::kFull, dtype, true), t = b.value(TileSpace::kFull, dtype, false),
                    y = b.value(TileSpace::kFull, dtype, true);
          b.step(TileOp::kUnary, op, dtype, t, x);
          b.step(TileOp::kUnary, kNegative, dtype, y, t);
          CHECK(compare(*table, b.g, random, random.below(2) ? Values::kMixed : Values::kNormal,
                        table->unary[op].name),
                "%s %s is no pipeline", table->isa, table->unary[op].name);
        }
      }
    }
    CHECK(ops > 40, "%s: only %d ops have stages", table->isa, ops);
  }
}

TEST(pipeline_binary) {
  Random random(12);
  for (const KernelTable* table : isas()) {
    section();
    int ops = 0;
    for (int op = 0; op < table->binary.count; op++) {
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        if (!has_binary(table->binary[op], dtype)) continue;
        ops++;
        for (const int64_t n : kSizes) {
          for (int form = 0; form < kStageForms; form++) {
            if (table->binary[op].stage(dtype, form) == nullptr) continue;
            const bool one = form == kRegisterScalar || form == kScalarRegister;
            const bool swapped = form == kMemoryRegister || form == kScalarRegister;
            Builder b;
            b.g.rows = 1, b.g.columns = n;
            const int x = b.value(TileSpace::kFull, dtype, true),
                      o = b.value(one ? TileSpace::kScalar : TileSpace::kFull, dtype, true),
                      t = b.value(TileSpace::kFull, dtype, false), y = b.value(TileSpace::kFull, dtype, true);
            b.step(TileOp::kUnary, kNegative, dtype, t, x);
            b.step(TileOp::kBinary, op, dtype, y, swapped ? o : t, swapped ? t : o);
            CHECK(compare(*table, b.g, random, random.below(2) ? Values::kMixed : Values::kNormal,
                          table->binary[op].name),
                  "%s %s is no pipeline", table->isa, table->binary[op].name);
          }
        }
      }
    }
    CHECK(ops > 30, "%s: only %d ops have stages", table->isa, ops);
  }
}

TEST(pipeline_reduce) {
  Random random(13);
  for (const KernelTable* table : isas()) {
    section();
    int ops = 0;
    for (int op = 0; op < table->reduce.count; op++) {
      if (table->reduce[op].stages[kFloat] == nullptr) continue;
      ops++;
      for (int dtype = 0; dtype < kDTypes; dtype++) {
        if (table->reduce[op].stages[dtype] == nullptr) continue;
        for (const int64_t n : {1, 3, 16, 31, 128, 129, 300, 1000, 2125, 4096, 4100}) {
          for (const TileSpace space : {TileSpace::kScalar, TileSpace::kPerRow}) {
            Builder b;
            b.g.rows = 3, b.g.columns = n;
            const int x = b.value(TileSpace::kFull, dtype, true), t = b.value(TileSpace::kFull, dtype, false),
                      r = b.value(space, dtype, true), y = b.value(TileSpace::kFull, dtype, true);
            b.step(TileOp::kUnary, kNegative, dtype, t, x);
            b.step(TileOp::kReduce, op, dtype, r, t);
            b.step(TileOp::kUnary, kNegative, dtype, y, t);
            compare(*table, b.g, random, random.below(2) ? Values::kMixed : Values::kNormal,
                    table->reduce[op].name);
          }
        }
      }
    }
    CHECK(ops >= 5, "%s: only %d reductions have stages", table->isa, ops);
  }
}

/// Groups of all kinds of steps, whose results are read at once, later, several times, or not at all.
TEST(pipeline_random_groups) {
  constexpr int64_t shapes[][2] = {{1, 300}, {1, 1300}, {700, 1},  {3, 40},
                                   {50, 33}, {9, 130},  {4, 1024}, {3, 1500}};
  for (const KernelTable* table : isas()) {
    section();
    Random random(14);
    int pipelines = 0;
    const int rounds = quick() ? 200 : 1500;
    for (int round = 0; round < rounds && passing(); round++) {
      Builder b;
      const auto& shape = shapes[random.below(8)];
      b.g.rows = shape[0], b.g.columns = shape[1];
      std::vector<int> full, rows, any, booleans;
      bool stays[kMaxTileValues] = {};  // it is read after all steps
      for (int k = 0; k < 3; k++)
        full.push_back(b.value(TileSpace::kFull, kFloat, true, k == 2 ? shape[1] + random.below(4) : 0));
      // A block is not reduced.
      const int block = full[2];
      rows.push_back(b.value(TileSpace::kPerRow, kFloat, true));
      any = {full[0],
             full[1],
             full[2],
             rows[0],
             b.value(TileSpace::kScalar, kFloat, true),
             b.value(TileSpace::kPerColumn, kFloat, true)};
      const auto pick = [&](const std::vector<int>& from) {
        // Mostly what was made last.
        const auto count = static_cast<int64_t>(from.size());
        const int64_t back = random.below(random.below(2) == 0 ? 1 : count);
        return from[static_cast<size_t>(count - 1 - back)];
      };
      const auto random_stage = [&](bool unary) {
        for (;;) {
          const int op = static_cast<int>(random.below(unary ? table->unary.count : table->binary.count));
          if (unary ? table->unary[op].fn[kFloat] != nullptr && !table->unary[op].to_bool
                    : table->binary[op].fn[kFloat][0] != nullptr && !table->binary[op].to_bool)
            return op;
        }
      };
      const int steps = 2 + static_cast<int>(random.below(20));
      for (int k = 0; k < steps; k++) {
        const bool kept = random.below(4) == 0;
        const int64_t what = random.below(16);
        if (what == 0) {
          rows.push_back(b.value(TileSpace::kPerRow, kFloat, kept));
          b.step(TileOp::kReduce, static_cast<int>(random.below(5)), kFloat, rows.back(), full[0]);
          any.push_back(rows.back());
        } else if (what < 3) {
          int from = pick(full);
          if (from == block) from = full[0];
          const TileSpace space = what == 1              ? TileSpace::kScalar
                                  : random.below(3) == 0 ? TileSpace::kPerColumn
                                                         : TileSpace::kPerRow;
          const int out = b.value(space, kFloat, kept || space != TileSpace::kPerRow);
          b.step(TileOp::kReduce, static_cast<int>(random.below(5)), kFloat, out, from);
          if (space == TileSpace::kPerRow) rows.push_back(out), any.push_back(out);
          if (space == TileSpace::kPerColumn) stays[from] = true;
        } else if (what == 3) {
          booleans.push_back(b.value(TileSpace::kFull, kBoolean, kept));
          int greater = 0;
          while (strcmp(table->binary[greater].name, "greater") != 0) greater++;
          b.step(TileOp::kBinary, greater, kFloat, booleans.back(), pick(full), pick(any));
        } else if (what == 4 && !booleans.empty()) {
          const int c = pick(booleans), x = pick(any), z = pick(full);
          full.push_back(b.value(TileSpace::kFull, kFloat, kept));
          any.push_back(full.back());
          b.step(TileOp::kSelect, 0, kFloat, full.back(), c, x, z);
        } else if (what == 5) {
          const int x = pick(rows), z = pick(rows);
          rows.push_back(b.value(TileSpace::kPerRow, kFloat, kept));
          any.push_back(rows.back());
          b.step(TileOp::kBinary, static_cast<int>(random.below(3)), kFloat, rows.back(), x, z);
        } else {
          const bool unary = random.below(3) == 0, cheap = random.below(2) == 0;
          const int x = pick(unary || random.below(2) == 0 ? full : any), z = pick(any);
          // Sometimes in place of an older value within the group.
          int out = -1;
          for (const int v : full) {
            if (!b.g.values[v].buffer && !stays[v] && random.below(8) == 0) out = v;
          }
          if (out < 0) {
            out = b.value(TileSpace::kFull, kFloat, kept, kept && random.below(3) == 0 ? shape[1] + 1 : 0);
            any.push_back(out);
            if (b.g.values[out].stride == 0) full.push_back(out);
          }
          const int op = cheap ? static_cast<int>(random.below(3)) : random_stage(unary);
          b.step(unary ? TileOp::kUnary : TileOp::kBinary, op, kFloat, out, x, unary ? x : z);
        }
      }
      pipelines +=
          compare(*table, b.g, random, random.below(3) == 0 ? Values::kMixed : Values::kNormal, "group");
    }
    CHECK(pipelines > rounds / 2, "%s: only %d groups had pipelines", table->isa, pipelines);
  }
}

}  // namespace gradtape::test
