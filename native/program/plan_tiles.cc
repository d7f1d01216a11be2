#include "program/tiles.h"

namespace gradtape {

namespace {

constexpr int64_t kTile = 1024;  // target size of a tile, in elements, for small groups
constexpr int64_t kAlign = 64;

int64_t round_up(int64_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

bool reduces_rows(const TileGroup& g) {
  for (int s = 0; s < g.step_count; s++) {
    if (g.values[g.steps[s].out].space == TileSpace::kPerRow) return true;
  }
  return false;
}

bool reduces_columns(const TileGroup& g) {
  for (int s = 0; s < g.step_count; s++) {
    if (is_column_step(g, g.steps[s])) return true;
  }
  return false;
}

/// Whether any value or step depends on the row.
bool has_rows(const TileGroup& g) {
  for (int v = 0; v < g.value_count; v++) {
    const TileValue& value = g.values[v];
    if (value.space == TileSpace::kPerColumn || value.space == TileSpace::kPerRow || value.stride != 0)
      return true;
  }
  return false;
}

/// The tile size for which the tiles of all values fit L1 together.
int64_t tile_size(const TileGroup& g) {
  int full = 0;
  for (int v = 0; v < g.value_count; v++) full += g.values[v].space == TileSpace::kFull;
  return full <= 6 ? kTile : full <= 12 ? kTile / 2 : kTile / 4;
}

GroupTiling split_group(const TileGroup& g) {
  GroupTiling c = {};
  const int64_t tile = tile_size(g);
  c.whole = g.columns <= tile || reduces_rows(g) || reduces_columns(g);
  if (!has_rows(g)) c.whole = false;
  if (c.whole) {
    c.tile_rows = g.columns == 0 || g.columns >= tile / 2 ? 1 : (tile + g.columns - 1) / g.columns;
    if (c.tile_rows > g.rows) c.tile_rows = g.rows > 0 ? g.rows : 1;
    c.tile_columns = g.columns;
    c.row_tiles = 1;
    c.tiles = (g.rows + c.tile_rows - 1) / c.tile_rows;
  } else {
    c.tile_rows = 1;
    c.tile_columns = g.columns < tile ? g.columns : tile;
    c.row_tiles = c.tile_columns > 0 ? (g.columns + c.tile_columns - 1) / c.tile_columns : 0;
    c.tiles = g.rows * c.row_tiles;
  }
  c.chunk_tiles = 1;
  if (reduces_columns(g)) {
    // The values to reduce must stay in L2 meanwhile.
    constexpr int64_t kRows = 64, kLeast = 8 * 1024, kMost = 16, kElements = 32 * 1024;
    const int64_t columns = g.columns > 0 ? g.columns : 1;
    const int64_t rows = kRows * columns < kLeast ? kLeast / columns : kRows;
    const int64_t by_rows = rows / c.tile_rows, by_size = kElements / (c.tile_rows * columns);
    c.chunk_tiles = by_rows < by_size ? by_rows : by_size;
    if (c.chunk_tiles > kMost) c.chunk_tiles = kMost;
    if (c.chunk_tiles < 1) c.chunk_tiles = 1;
  }
  c.chunks = (c.tiles + c.chunk_tiles - 1) / c.chunk_tiles;
  return c;
}

/// Whether a value needs memory for all tiles of a chunk.
bool is_kept(const TileGroup& g, int v) {
  for (int s = 0; s < g.step_count; s++) {
    if (is_column_step(g, g.steps[s]) && g.steps[s].in[0] == v) return true;
  }
  return false;
}

TileForm form_of(const TileGroup& g, const GroupTiling& c, int v) {
  const TileSpace space = g.values[v].space;
  if (space == TileSpace::kScalar) return TileForm::kOne;
  if (!needs_copy(g, c, v)) return space == TileSpace::kPerRow ? TileForm::kRowOne : TileForm::kDirect;
  return space == TileSpace::kPerRow      ? TileForm::kRows
         : space == TileSpace::kPerColumn ? TileForm::kColumns
                                          : TileForm::kBlock;
}

TileAddress address_of(const TileGroup& g, const GroupTiling& c, int v) {
  const TileValue& value = g.values[v];
  const int64_t bytes = value.bytes();
  TileAddress w = {0, 0, 0, form_of(g, c, v)};
  if (!value.buffer) {
    if (is_kept(g, v)) w.next = c.tile_rows * c.tile_columns * bytes;
    return w;
  }
  const bool full = value.space == TileSpace::kFull;
  if (full) w.row = (value.stride != 0 ? value.stride : g.columns) * bytes;
  if (value.space == TileSpace::kPerRow) w.row = bytes;
  if (full || value.space == TileSpace::kPerColumn) w.column = bytes;
  return w;
}

TileLayout lay_out(const TileGroup& g, const GroupTiling& c) {
  TileLayout l = {};
  const int64_t full = c.tile_rows * c.tile_columns;
  for (int v = 0; v < g.value_count; v++) {
    const TileValue& value = g.values[v];
    const int64_t count = value.space == TileSpace::kFull ? full : c.tile_rows;
    l.temp[v] = l.bytes;
    if (!value.buffer) l.bytes += round_up(count * value.bytes() * (is_kept(g, v) ? c.chunk_tiles : 1));
    l.broadcast[v] = l.bytes;
    if (needs_copy(g, c, v)) l.bytes += round_up(full * value.bytes());
  }
  return l;
}

}  // namespace

void plan_tiles(const KernelTable& table, const TileGroup& g, TilePlan* plan) {
  plan->group = g;
  plan->tiling = split_group(g);
  plan->layout = lay_out(g, plan->tiling);
  plan->pipelines = plan_pipelines(table, g, plan->tiling);
  for (int v = 0; v < g.value_count; v++) {
    plan->where[v] = address_of(g, plan->tiling, v);
    if (!g.values[v].buffer) plan->temps.push_back(v);
    if (plan->where[v].form == TileForm::kColumns) plan->repeated.push_back(v);
  }
  size_t stages = 0;
  for (const Pipeline& pipeline : plan->pipelines) stages += pipeline.stages.size();
  for (CachedStages& ready : plan->ready) ready.whole.resize(stages), ready.rest.resize(stages);
  plan->layout.own = plan->layout.bytes;
  const auto whole = [&](const Pipeline& c) {
    return c.first == 0 && c.end == g.step_count && c.states.empty();
  };
  plan->flat = g.rows == 1 && plan->tiling.chunk_tiles == 1 && plan->pipelines.size() == 1 &&
               whole(plan->pipelines[0]);
  for (const Pipeline& pipeline : plan->pipelines) {
    const int64_t bytes = static_cast<int64_t>(pipeline.values.size()) * pipeline_value_bytes(table);
    if (plan->layout.own + bytes > plan->layout.bytes) plan->layout.bytes = plan->layout.own + bytes;
  }
  plan->partial_bytes = 0;
  for (int64_t& partial : plan->partial) partial = -1;
  int64_t cost = 0;
  for (int i = 0; i < g.step_count; i++) {
    const TileStep& s = g.steps[i];
    const TileSpace space = g.values[s.out].space;
    if (s.kind == TileOp::kReduce && space == TileSpace::kScalar) {
      plan->partial[s.out] = plan->partial_bytes;
      plan->partial_bytes += round_up(plan->tiling.tiles * 8);
      plan->combined.push_back(i);
    } else if (is_column_step(g, s)) {
      plan->column_steps.push_back(i);
      plan->combined.push_back(i);
      plan->partial[s.out] = plan->partial_bytes;
      // Also the combined results, if these are rounded afterwards.
      const int64_t rows = is_rounded(table, s) ? plan->tiling.chunks + 1 : plan->tiling.chunks;
      if (rows > 1) plan->partial_bytes += round_up(rows * g.columns * 8);
    }
    if (space == TileSpace::kPerRow && s.kind != TileOp::kReduce) continue;
    cost += s.kind == TileOp::kUnary    ? table.unary[s.op].cost[s.dtype]
            : s.kind == TileOp::kBinary ? table.binary[s.op].cost[s.dtype]
                                        : 1;
  }
  const int64_t elements = plan->tiling.chunk_tiles * plan->tiling.tile_rows * plan->tiling.tile_columns;
  const int64_t per_chunk = elements * (cost > 0 ? cost : 1);
  plan->grain = kTileGrain / (per_chunk > 0 ? per_chunk : 1) + 1;
}

}  // namespace gradtape
