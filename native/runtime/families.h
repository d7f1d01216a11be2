// The kernel families: X(family) once each. Every kernel source exports `gradtape_fill_<family>_<isa>`.
#pragma once
#define GT_FAMILIES(X) \
  X(unary)             \
  X(binary)            \
  X(reduce)            \
  X(argreduce)         \
  X(scan)              \
  X(random)            \
  X(cast)              \
  X(select)            \
  X(fill)              \
  X(copy)              \
  X(indexing)          \
  X(matmul)            \
  X(measure)           \
  X(conv)              \
  X(winograd)          \
  X(softmax)           \
  X(optimizer)         \
  X(norm)              \
  X(depthwise)         \
  X(pooling)           \
  X(sort)              \
  X(chain)
