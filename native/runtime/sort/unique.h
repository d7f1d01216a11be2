// The distinct elements of a vector.
#pragma once
#include <stdint.h>

namespace gradtape {

struct UniqueCall {
  int dtype;
  int64_t n;  // < 2³¹
  const void* x;
  bool wide;                 // index and counts are int64, otherwise int32
  void* index;               // n: for each element its index in y
  void* y;                   // at most n: the distinct elements
  int32_t* first_positions;  // at most n: the first position of each of these
  void* counts;              // at most n: the number of occurrences of each
};

/// Returns the number of distinct elements, which are in order of first occurrence; −1 if out of memory.
/// Zeros of both signs are equal; a NaN equals no other element.
int64_t run_unique(const UniqueCall& call);

}  // namespace gradtape
