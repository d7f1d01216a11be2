// Programs: lists of calls that run without JavaScript in between.
//
// A program is an array of doubles, one instruction after another:
//   entry, count of buffers, count of numbers, then for each buffer the storage it lies in (its place in the
//   list that the call brings), its byte offset there and its length in bytes, then the numbers, as they
//   would stand in the frame; zeros at their end may be left out.
// Every instruction passes the same checks as a call from JavaScript: a damaged program is an error, never a
// wild access. Programs may run on any thread, several at once.
#pragma once
#include <stdint.h>

#include <atomic>

namespace gradtape {

/// Numbers and buffers that a call may have.
inline constexpr int kFrameSlots = 512;
inline constexpr int kMaxBuffers = 33;

/// Bytes that a program may touch.
struct Range {
  char* data;
  int64_t bytes;
};

/// What an entry gets of an instruction, and what it says.
struct ProgramStep {
  const double* frame;  // its numbers; those not there are 0
  int number_count;
  const Range* buffers;
  int buffer_count;
  double result;      // what the entry returned, or −1
  const char* error;  // why it refused, or null
};

/// The entries, by number.
struct StepTable {
  const void* entries;
  int count;
  /// Carries out one step; false if that entry is no step of a program.
  bool (*run)(const void* entries, int entry, ProgramStep* step);
};

struct Code {
  const double* words;
  int64_t count;
};

struct ProgramResult {
  int64_t stopped;    // −1 after the last instruction, else the word of the one that ended the run
  const char* error;  // why it ended there; null: its result was another than −1
};

inline constexpr const char* kCancelled = "the program was cancelled";

/// Whether v is an integer from 0 to `limit`.
inline bool is_count(double v, double limit) {
  return v >= 0 && v <= limit && v == static_cast<double>(static_cast<int64_t>(v));
}

/// Runs the instructions from word `at` on. Between two of them it looks whether it was cancelled.
ProgramResult run_program(const StepTable& steps, const Code& code, int64_t at, const Range* storages,
                          int64_t storage_count, const std::atomic<bool>* cancelled = nullptr);

}  // namespace gradtape
