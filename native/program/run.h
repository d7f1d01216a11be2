// Programs: lists of calls that run without JavaScript in between.
//
// A program arrives as an array of doubles, one instruction after another:
//   entry, count of buffers, count of numbers, the first of the numbers that each run brings, how many those
//   are, and where they stand among all that a run brings; then for each buffer the storage it lies in (its
//   place in the list that a run brings), its byte offset there and its length in bytes; then the numbers, as
//   they would stand in the argument buffer. Zeros at their end may be left out.
// Storage 0 is the program's own memory, and overlaps no other (row_runs.h).
// It is checked and copied once, when it is loaded. A run checks that the storages are there, as long as the
// program needs; an entry still checks its own arguments against its ranges, as in a call from JavaScript:
// that they lie within them, are aligned, and overlap only as the entry allows. So a damaged program is an
// error, never a wild access. Programs may run on any thread, several at once.
#pragma once
#include <stdint.h>

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "program/row_runs.h"

namespace gradtape {

/// Numbers and buffers that a call may have.
inline constexpr int kArgumentSlots = 512;
inline constexpr int kMaxBuffers = 257;

/// Bytes that a program may touch.
struct Range {
  char* data;
  int64_t bytes;
};

/// What an entry gets of an instruction, and what it returns.
struct ProgramStep {
  const double* numbers;  // its numbers; those not there are 0
  int number_count;
  const Range* buffers;
  int buffer_count;
  double result;      // what the entry returned, or −1
  const char* error;  // why it refused, or null
  /// Of entries that know rows (StepTable::has_rows). Not null: nothing is done but to say here how the call
  /// makes its rows. The buffers have their sizes then, and no memory.
  RowForm* form = nullptr;
  /// The rows to compute, on the calling thread; −1: all.
  int64_t row_begin = 0, row_end = -1;
};

/// The entries, by number.
struct StepTable {
  const void* entries;
  int count;
  /// The entry of fused groups, which programs run without calling it.
  int group;
  bool (*is_step)(const void* entries, int entry);
  void (*run)(const void* entries, int entry, ProgramStep* step);
  /// Whether an entry supports row-wise runs. Null: none does.
  bool (*has_rows)(const void* entries, int entry) = nullptr;
};

struct ProgramResult {
  int64_t stopped;    // −1 after the last instruction, else the word of the one that ended the run
  const char* error;  // why it ended there; null: the instruction's result was not −1
};

inline constexpr const char* kOverlap = "ranges of the call overlap, and it writes to one of them";
/// Distinguished from all other reasons by its address.
inline constexpr char kNoMemory[] = "there is no memory for what the call needs besides its buffers";
inline constexpr const char* kCancelled = "the program was cancelled";

/// Whether v is an integer from 0 to `limit`.
inline bool is_count(double v, double limit) {
  return v >= 0 && v <= limit && v == static_cast<double>(static_cast<int64_t>(v));
}

class Program {
 public:
  /// Null and the reason where the words are no program over so many storages and numbers of each run.
  static std::shared_ptr<const Program> load(const StepTable& steps, const double* words, int64_t count,
                                             int64_t storages, int64_t scalars, const char** error);

  int64_t storage_count() const { return static_cast<int64_t>(needs_.size()); }
  int64_t scalar_count() const { return scalars_; }
  int64_t word_count() const { return static_cast<int64_t>(words_.size()); }
  const std::vector<RowRun>& row_runs() const { return runs_; }

  /// The part of a buffer that is storage i of a run; the reason where it does not reach.
  Range storage(int64_t i, void* buffer, size_t length, double offset, const char** error) const;

  /// Carries out the instructions that begin at words [from, to). `scalars` are the numbers that the run
  /// brings. Between two instructions it looks whether it was cancelled.
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
    int64_t numbers, places;  // where they begin
    int scalar_slot, scalar_count;
    int64_t scalar_at;
    int64_t group;     // place among the groups, −1 where it is none
    RowChunks chunks;  // where it is one, and part of a run
  };
  /// Two values of a group, one of which it writes, that may not overlap.
  struct Apart {
    TileBuffer written, other;
    int64_t written_bytes, other_bytes;  // from the first element to behind the last one
    bool same;                           // they may be the very same elements
    // Of blocks whose rows are equally far apart: how far, and what a row has. 0: they are none.
    int64_t pitch, written_row, other_row;

    /// Whether that holds where they begin at these bytes.
    bool holds(int64_t written_at, int64_t other_at) const;
  };
  struct Group {
    std::shared_ptr<const TilePlan> plan;  // null: there are no elements
    std::vector<TileBuffer> buffers;
    std::vector<Apart> apart;
  };
  /// The requirements on a storage: its size and alignment.
  struct Need {
    int64_t bytes;
    uintptr_t align;
  };

  /// Groups that differ in nothing but where their values lie share a plan: what stands in their numbers, but
  /// for the places.
  using TilePlans = std::map<std::vector<double>, std::shared_ptr<const TilePlan>>;

  const char* add(int64_t at, int64_t* next, TilePlans* plans);
  const char* add_group(const Instruction& i, TilePlans* plans);
  /// Null, or that values of the group overlap which may not.
  const char* check_overlap(const TileGroup& g, Group* group) const;
  static const char* locate(const Group& group, const Range* storages, char** buffers);
  /// How an instruction makes its rows, with storages in place of its buffers.
  RowForm form_of(const Instruction& i) const;
  const char* run_one(const Instruction& i, const Range* storages, const double* scalars,
                      double* result) const;
  /// Runs rows [begin, end) of an instruction of a run.
  const char* run_rows(const Instruction& i, const Range* storages, int64_t begin, int64_t end) const;
  void place_buffers(const Instruction& i, const Range* storages, Range* ranges) const;
  ProgramResult run_together(const RowRun& run, const Range* storages) const;

  StepTable steps_ = {};
  std::vector<double> words_;
  std::vector<Instruction> instructions_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<RowRun> runs_;  // in their order
  std::vector<Need> needs_;
  int64_t scalars_ = 0;
};

}  // namespace gradtape
