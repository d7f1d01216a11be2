{
  "variables": {
    "kernel_sources": [
      "native/kernels/argreduce.cc",
      "native/kernels/binary.cc",
      "native/kernels/cast.cc",
      "native/kernels/copy.cc",
      "native/kernels/fill.cc",
      "native/kernels/indexing.cc",
      "native/kernels/matmul.cc",
      "native/kernels/optimizer.cc",
      "native/kernels/random.cc",
      "native/kernels/reduce.cc",
      "native/kernels/scan.cc",
      "native/kernels/select.cc",
      "native/kernels/softmax.cc",
      "native/kernels/unary.cc"
    ],
    "engine_sources": [
      "native/program/tiles.cc",
      "native/runtime/copy.cc",
      "native/runtime/broadcast.cc",
      "native/runtime/cpu.cc",
      "native/runtime/dispatch.cc",
      "native/runtime/elementwise.cc",
      "native/runtime/indexing.cc",
      "native/runtime/matmul.cc",
      "native/runtime/matmul_plan.cc",
      "native/runtime/pool.cc",
      "native/runtime/reduce.cc",
      "native/runtime/scratch.cc",
      "native/runtime/select.cc",
      "native/runtime/softmax.cc",
      "native/runtime/optimizer.cc"
    ],
    "addon_sources": [
      "native/addon/addon.cc",
      "native/addon/calls_convert.cc",
      "native/addon/calls_copy.cc",
      "native/addon/calls_elementwise.cc",
      "native/addon/calls_indexing.cc",
      "native/addon/calls_matmul.cc",
      "native/addon/calls_program.cc",
      "native/addon/calls_reduce.cc",
      "native/addon/calls_softmax.cc",
      "native/addon/calls_optimizer.cc"
    ],
    "common_cflags": ["-std=c++20", "-O3", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-Wno-unknown-pragmas"],
    "kernel_cflags": ["-ffp-contract=fast", "-fno-asynchronous-unwind-tables"],
    "avx2_cflags": ["-march=x86-64-v3", "-mtune=znver3"],
    "avx512_cflags": ["-march=x86-64-v4", "-mtune=znver3", "-mprefer-vector-width=512"]
  }
}
