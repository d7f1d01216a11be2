// The different elements of a vector.
#pragma once
#include <stdint.h>

namespace gradtape {

struct UniqueCall {
  int dtype;
  int64_t n;  // < 2³¹
  const void* x;
  bool wide;      // index and counts are int64, not int32
  void* index;    // n: for each element the number of its like
  void* y;        // n at most: the different elements
  int32_t* came;  // n at most: where each of these first came
  void* counts;   // n at most: how often each comes
};

/// How many different elements there are, in the order in which they first come; −1: there is no memory.
/// Zeros of both signs are alike, a NaN is like no other.
int64_t run_unique(const UniqueCall& call);

}  // namespace gradtape
