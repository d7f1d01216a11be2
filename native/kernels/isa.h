// Included first by every kernel source. The build compiles each source once per instruction set, which
// GRADTAPE_ISA names (portable, avx2, avx512, neon). Everything in a kernel source is in an unnamed
// namespace, so that no template compiled for AVX-512 can be linked into the baseline; the only exported
// symbol of a source is the function that GT_FAMILY defines, which fills in that family's part of the table.
#pragma once
#ifndef GRADTAPE_ISA
#error "GRADTAPE_ISA must name the instruction set"
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#error \
    "MSVC has no vector extensions: build with ClangCL (the Visual Studio component C++ Clang tools) or zig"
#endif
#define GT_CAT2(a, b) a##b
#define GT_CAT(a, b) GT_CAT2(a, b)
#define GT_STR2(a) #a
#define GT_STR(a) GT_STR2(a)
/// A kernel family: its name and its members of the KernelTable, as C++ declares them. The body, which sees
/// the table of this instruction set as `table`, fills these members in.
///   GT_FAMILY(roll, ByDType<RollFn> roll) { table.roll = …; }
/// (native/describe.js parses this macro and the next, and generates the KernelTable.)
#define GT_FAMILY(family, ...) \
  void GT_CAT(GT_CAT(gradtape_fill_##family, _), GRADTAPE_ISA)(gradtape::KernelTable & table)
/// Declares the type of a family's functions by their parameters: for a family without interface.h.
///   GT_FUNCTION(RollFn, const void* x, void* y, int64_t rows, int64_t n, int64_t shift);
#define GT_FUNCTION(Name, ...) using gradtape::Name

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop that calls the C library stays scalar
#define GT_IVDEP _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#define GT_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define GT_IVDEP _Pragma("GCC ivdep")
#define GT_UNROLL _Pragma("GCC unroll 16")
#else
#define GT_IVDEP
#define GT_UNROLL
#endif
#define GT_INLINE inline __attribute__((always_inline))
// Compiled once: neither inlined nor cloned for constant arguments.
#if defined(__clang__)
#define GT_OUTLINE __attribute__((noinline))
#else
#define GT_OUTLINE __attribute__((noinline, noclone))
#endif
