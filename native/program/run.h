// Programs: lists of calls that run without JavaScript in between.
//
// A program is an array of doubles, one instruction after another: entry, number of buffers, number of
// numbers, the position of its runtime scalars among its numbers, their count, and their position among all
// runtime scalars of a run; then for each buffer its storage (an index into the list that a run passes), byte
// offset and length in bytes; then the numbers, as in the argument buffer. Trailing zeros may be omitted.
// Storage 0 is the program's own memory, and overlaps no other (row_runs.h). The program is checked and
// copied once, when it is loaded. A run checks that the storages exist and are long enough; an entry still
// checks its own arguments as in a call from JavaScript: that ranges lie within the buffers, are aligned, and
// overlap only as the entry allows. So a damaged program causes an error, never an invalid access. Programs
// may run on any thread, and concurrently.
#pragma once
#include <stdint.h>

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "program/row_runs.h"

namespace gradtape {

/// The maximum of numbers and of buffers of a call.
inline constexpr int kArgumentSlots = 512;
inline constexpr int kMaxBuffers = 257;

/// Bytes that a program may access.
struct Range {
  char* data;
  int64_t bytes;
};

/// The arguments of an entry that is called as an instruction, and its results.
struct ProgramStep {
  const double* numbers;  // its numbers; omitted ones are 0
  int number_count;
  const Range* buffers;
  int buffer_count;
  double result;      // what the entry returned, or −1
  const char* error;  // why it failed, or null
  /// For entries that support row-wise runs (StepTable::has_rows). If not null, the entry only describes here
  /// how it computes its rows; the buffers have their sizes then, but no memory.
  RowForm* form = nullptr;
  /// The rows to compute, on the calling thread; −1: all.
  int64_t row_begin = 0, row_end = -1;
};

/// The entries, by number, for programs.
struct StepTable {
  const void* entries;
  int count;
  /// The entry of fused groups, which programs execute without calling it.
  int group;
  bool (*is_step)(const void* entries, int entry);
  void (*run)(const void* entries, int entry, ProgramStep* step);
  /// Whether an entry supports row-wise runs. Null: none does.
  bool (*has_rows)(const void* entries, int entry) = nullptr;
};

struct ProgramResult {
  int64_t stopped;    // −1 after the last instruction, else the word of the one that stopped the run
  const char* error;  // why it stopped; null: the instruction's result was not −1
};

inline constexpr const char* kOverlap = "ranges of the call overlap, and it writes to one of them";
/// Recognized by its address.
inline constexpr char kNoMemory[] = "there is no memory for the workspace of the call";
inline constexpr const char* kCancelled = "the program was cancelled";

/// Whether v is an integer from 0 to `limit`.
inline bool is_count(double v, double limit) {
  return v >= 0 && v <= limit && v == static_cast<double>(static_cast<int64_t>(v));
}

class Program {
 public:
  /// Null, and the reason, if the words are not a valid program with this many storages and runtime scalars.
  static std::shared_ptr<const Program> load(const StepTable& steps, const double* words, int64_t count,
                                             int64_t storages, int64_t scalars, const char** error);

  int64_t storage_count() const { return static_cast<int64_t>(needs_.size()); }
  int64_t scalar_count() const { return scalars_; }
  int64_t word_count() const { return static_cast<int64_t>(words_.size()); }
  const std::vector<RowRun>& row_runs() const { return runs_; }

  /// The range of a buffer that is storage i of a run; sets `error` if the buffer is too short.
  Range storage(int64_t i, void* buffer, size_t length, double offset, const char** error) const;

  /// Executes the instructions at words [from, to) with the runtime scalars `scalars`. Checks between
  /// instructions whether the run was cancelled.
  ProgramResult run(const Range* storages, const double* scalars, int64_t from, int64_t to,
                    const std::atomic<bool>* cancelled = nullptr) const;

 private:
  struct Place {
    int64_t storage, offset, bytes;
  };
  struct Instruction {
    int64_t word;
    int entry;
    int number_count, place_count;
    int64_t numbers, places;  // indices of the first ones
    int scalar_slot, scalar_count;
    int64_t scalar_at;
    int64_t group;     // index among the groups, −1 for other instructions
    RowChunks chunks;  // of a group that is part of a run
  };
  /// Two values of a group, at least one of them written, that may not overlap.
  struct Apart {
    TileBuffer written, other;
    int64_t written_bytes, other_bytes;  // from the first element to the end of the last one
    bool same;                           // they may be exactly the same elements
    // For two blocks with the same row stride: the stride, and the bytes of a row of each. 0: not such
    // blocks.
    int64_t pitch, written_row, other_row;

    /// Whether they do not overlap at these byte offsets.
    bool holds(int64_t written_at, int64_t other_at) const;
  };
  struct Group {
    std::shared_ptr<const TilePlan> plan;  // null if the group has no elements
    std::vector<TileBuffer> buffers;
    std::vector<Apart> apart;
  };
  /// The requirements for a storage: size and alignment.
  struct Need {
    int64_t bytes;
    uintptr_t align;
  };

  /// Groups that differ only in the locations of their values share a plan. The key is the group's numbers
  /// without these.
  using TilePlans = std::map<std::vector<double>, std::shared_ptr<const TilePlan>>;

  const char* add(int64_t at, int64_t* next, TilePlans* plans);
  const char* add_group(const Instruction& i, TilePlans* plans);
  /// Null, or an error if values of the group overlap that may not.
  const char* check_overlap(const TileGroup& g, Group* group) const;
  static const char* locate(const Group& group, const Range* storages, char** buffers);
  /// How an instruction computes its rows, with storages instead of its buffers.
  RowForm form_of(const Instruction& i) const;
  const char* run_one(const Instruction& i, const Range* storages, const double* scalars,
                      double* result) const;
  /// Executes rows [begin, end) of an instruction of a row-wise run.
  const char* run_rows(const Instruction& i, const Range* storages, int64_t begin, int64_t end) const;
  void place_buffers(const Instruction& i, const Range* storages, Range* ranges) const;
  ProgramResult run_together(const RowRun& run, const Range* storages) const;

  StepTable steps_ = {};
  std::vector<double> words_;
  std::vector<Instruction> instructions_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<RowRun> runs_;  // in order
  std::vector<Need> needs_;
  int64_t scalars_ = 0;
};

}  // namespace gradtape
