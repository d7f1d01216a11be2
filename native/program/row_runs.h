// Runs of instructions that threads carry out side by side, each for rows of its own.
//
// Where a matrix product and the groups behind it compute each row from the same row of what came before, as
// the steps of a recurrent layer do, threads need not wait for each other in between: they meet at the end of
// the run. Each row is computed as by the instructions one by one, bit for bit.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "tiles.h"

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

/// How an instruction makes its rows, if it can make each by itself.
struct RowForm {
  int64_t rows = 0;    // 0: it cannot
  int64_t align = 1;   // ranges of rows begin at multiples of this
  int64_t grains = 0;  // its work, in what pays for a thread
  RowChunks chunks;    // of a group
  /// Of a group without rows: its elements, which are rows of any length, and how many of them are a chunk.
  /// Then there is one row, and the width and step of a use are those of an element.
  int64_t elements = 0, chunk_elements = 0;
  /// A buffer of which each thread would rather read a part of its own, unless the program itself made it;
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
  /// The next instruction; storages stand in place of its buffers. Gives its chunks, if it is a group.
  RowChunks add(RowForm form);
  /// After the last one: the runs of two instructions or more.
  std::vector<RowRun> finish();

 private:
  void end();
  bool joins(RowForm* form) const;

  std::vector<RowRun> found_;
  RowRun run_ = {0, 0, 0, 1, 0};
  std::vector<RowUse> uses_;  // of the run's instructions
};

}  // namespace gradtape
