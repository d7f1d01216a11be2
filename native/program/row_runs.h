// Row-wise runs: instructions that threads carry out in parallel, each for its own rows.
//
// Where a matrix product and the groups behind it compute each row from the same row of what came before, as
// the steps of a recurrent layer do, threads need not synchronise between instructions, but only at the end
// of the run. Each row has the bits that the instructions one by one give.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "program/tiles.h"

namespace gradtape {

/// The program's own memory, which overlaps no other storage. Those are tensors and variables, of which one
/// may be another by a second number: what writes to them stands alone.
inline constexpr int64_t kArena = 0;

/// What row r reads or writes of a buffer: `width` bytes from offset + r·step on. A step of 0: all rows may
/// touch all of them.
struct RowUse {
  int64_t buffer;  // of the instruction; later the storage
  int64_t offset, width, step;
  bool writes;

  /// Behind the last byte of so many rows.
  int64_t end(int64_t rows) const { return offset + width + (rows - 1) * step; }
};

/// A group's chunks (TileCut) of rows [b, e) are those from b·times/by to e·times/by, rounded up.
struct RowChunks {
  int64_t times = 1, by = 1;
  int64_t at(int64_t row) const { return (row * times + by - 1) / by; }
};

/// How an instruction computes its rows, if it can compute each independently.
struct RowForm {
  int64_t rows = 0;    // 0: it cannot
  int64_t align = 1;   // ranges of rows begin at multiples of this
  int64_t grains = 0;  // its work, in units that pay for a thread
  RowChunks chunks;    // of a group
  /// Of a group without rows: its elements, which are rows of any length, and how many of them are a chunk.
  /// Then there is one row, and the width and step of a use are those of an element.
  int64_t elements = 0, chunk_elements = 0;
  /// A buffer that is better split among the threads than read by all, unless the program itself computed it;
  /// −1: none.
  int kept = -1;
  std::vector<RowUse> uses;
};

/// Where a value of a group begins.
struct TileBuffer {
  int value;
  int64_t storage, offset;
};

/// That of a group; its uses name storages.
RowForm group_rows(const TilePlan& plan, const std::vector<TileBuffer>& buffers);

/// Instructions [first, end), by their place in the program.
struct RowRun {
  size_t first, end;
  int64_t rows, align, grains;
};

/// Finds the runs of a program as its instructions come.
class RowRuns {
 public:
  /// Adds the next instruction, with storages in place of its buffers. Returns its chunks if it is a group.
  RowChunks add(RowForm form);
  /// After the last instruction: the runs of at least two instructions.
  std::vector<RowRun> finish();

 private:
  void end();
  bool joins(RowForm* form) const;

  std::vector<RowRun> found_;
  RowRun run_ = {0, 0, 0, 1, 0};
  std::vector<RowUse> uses_;  // of the run's instructions
};

}  // namespace gradtape
