// Row-wise runs: instructions that threads execute in parallel, each thread for its own rows.
//
// If a matrix product and the groups after it compute each row from the same row of earlier results, as in
// the steps of a recurrent layer, threads synchronise only at the end of the run instead of after each
// instruction. Rows are bitwise those of executing the instructions one by one.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "program/tiles.h"

namespace gradtape {

/// The storage of the program's own memory, which overlaps no other. The other storages are tensors and
/// variables, and two numbers may refer to the same one: an instruction that writes to one of them forms no
/// run.
inline constexpr int64_t kArena = 0;

/// The bytes that row r reads or writes in a buffer: `width` bytes from offset + r·step on. With step 0, each
/// row may access all of them.
struct RowUse {
  int64_t buffer;  // its index in the instruction; later the storage
  int64_t offset, width, step;
  bool writes;

  /// The end of the range of this many rows.
  int64_t end(int64_t rows) const { return offset + width + (rows - 1) * step; }
};

/// The chunks (GroupTiling) for rows [b, e) of a group: from b·times/by to e·times/by, rounded up.
struct RowChunks {
  int64_t times = 1, by = 1;
  int64_t at(int64_t row) const { return (row * times + by - 1) / by; }
};

/// How an instruction computes its rows, if it can compute each of them independently.
struct RowForm {
  int64_t rows = 0;    // 0: it cannot
  int64_t align = 1;   // ranges of rows begin at multiples of this
  int64_t grains = 0;  // its work, in units that are worth a thread
  RowChunks chunks;    // of a group
  /// For a group without rows: its elements, which may be grouped into rows of any length, and the elements
  /// of a chunk. `rows` is 1 then, and the width and step of a use are those of an element.
  int64_t elements = 0, chunk_elements = 0;
  /// A buffer for which each thread should read only its part, unless the program itself computed it; −1:
  /// none.
  int kept = -1;
  std::vector<RowUse> uses;
};

/// The address of a group's value.
struct TileBuffer {
  int value;
  int64_t storage, offset;
};

/// The row form of a group; its uses refer to storages.
RowForm group_rows(const TilePlan& plan, const std::vector<TileBuffer>& buffers);

/// Instructions [first, end), by their index in the program.
struct RowRun {
  size_t first, end;
  int64_t rows, align, grains;
};

/// Collects the runs of a program while its instructions are loaded.
class RowRuns {
 public:
  /// Adds the next instruction, with storages instead of buffers. Returns its chunks if it is a group.
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
