#include "program/row_runs.h"

#include <numeric>
#include <utility>

namespace gradtape {

namespace {

/// The maximum length of a run, which limits the time of this search during loading.
constexpr size_t kLongest = 16;

/// Whether one of two instructions may write bytes that the other accesses in a different row.
bool collide(const RowUse& a, const RowUse& b, int64_t rows) {
  if (!(a.writes || b.writes) || a.buffer != b.buffer) return false;
  if (a.end(rows) <= b.offset || b.end(rows) <= a.offset) return false;
  if (a.step != b.step || a.step == 0) return true;
  const int64_t begin = a.offset < b.offset ? a.offset : b.offset;
  const int64_t a_end = a.offset + a.width, b_end = b.offset + b.width;
  return (a_end > b_end ? a_end : b_end) - begin > a.step;
}

/// Splits a group without rows into rows.
bool take_rows(RowForm* form, int64_t rows) {
  if (form->elements % rows != 0) return false;
  const int64_t width = form->elements / rows, chunk = form->chunk_elements;
  if (chunk % width == 0) {
    form->chunks = {1, chunk / width};
  } else if (width % chunk == 0) {
    form->chunks = {width / chunk, 1};
  } else {
    return false;
  }
  form->rows = rows;
  form->align = form->chunks.by;
  for (RowUse& use : form->uses) use.width *= use.step == 0 ? 1 : width, use.step *= width;
  return true;
}

}  // namespace

RowForm group_rows(const TilePlan& plan, const std::vector<TileBuffer>& buffers) {
  const TileGroup& g = plan.group;
  const GroupTiling& c = plan.tiling;
  RowForm form;
  uint64_t written = 0;
  for (int s = 0; s < g.step_count; s++) {
    const TileSpace space = g.values[g.steps[s].out].space;
    // These values are complete only after the last row.
    if (space == TileSpace::kScalar || space == TileSpace::kPerColumn) return form;
    written |= uint64_t{1} << g.steps[s].out;
  }
  const bool flat = g.rows == 1;
  if (flat && c.whole) return form;  // a single tile
  form.rows = g.rows;
  form.grains = c.chunks / plan.grain;
  if (flat) {
    form.elements = g.columns, form.chunk_elements = c.tile_columns;
  } else if (c.whole) {
    form.chunks = {1, c.tile_rows};
    form.align = c.tile_rows;
  } else {
    form.chunks = {c.row_tiles, 1};
  }
  for (const TileBuffer& b : buffers) {
    const TileValue& value = g.values[b.value];
    const int64_t size = dtype_size(value.dtype), stride = value.stride != 0 ? value.stride : g.columns;
    const bool full = value.space == TileSpace::kFull, column = value.space == TileSpace::kPerColumn;
    RowUse use = {b.storage, b.offset, g.reach_of(value) * size, 0, (written >> b.value & 1) != 0};
    if (flat ? full || column : value.space == TileSpace::kPerRow) {
      use.width = use.step = size;
    } else if (full) {
      use.width = g.columns * size, use.step = stride * size;
    }
    form.uses.push_back(use);
  }
  return form;
}

bool RowRuns::joins(RowForm* form) const {
  if (form->elements > 0 && !take_rows(form, run_.rows)) return false;
  if (form->rows != run_.rows) return false;
  for (const RowUse& use : form->uses) {
    for (const RowUse& before : uses_) {
      if (collide(use, before, run_.rows)) return false;
    }
  }
  return true;
}

void RowRuns::end() {
  if (run_.end - run_.first > 1 && run_.rows > 0) found_.push_back(run_);
  run_ = {run_.end, run_.end, 0, 1, 0};
  uses_.clear();
}

RowChunks RowRuns::add(RowForm form) {
  bool alone = form.rows == 0;
  for (const RowUse& use : form.uses) alone = alone || (use.writes && use.buffer != kArena);
  if (form.kept >= 0) alone = alone || form.uses[static_cast<size_t>(form.kept)].buffer != kArena;
  if (run_.rows > 0 && (alone || run_.end - run_.first == kLongest || !joins(&form))) end();
  // A group without rows cannot start a run.
  if (run_.rows == 0 && !alone && form.elements == 0) run_.rows = form.rows;
  run_.end++;
  if (run_.rows == 0) {
    end();
    return form.chunks;
  }
  run_.align = std::lcm(run_.align, form.align);
  run_.grains += form.grains;
  uses_.insert(uses_.end(), form.uses.begin(), form.uses.end());
  return form.chunks;
}

std::vector<RowRun> RowRuns::finish() {
  end();
  return std::move(found_);
}

}  // namespace gradtape
