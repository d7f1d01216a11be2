{
  "variables": {
    "common_cflags": ["-std=c++20", "-O3", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra", "-Wno-psabi", "-Wno-unknown-pragmas"],
    "kernel_cflags": ["-ffp-contract=fast", "-fno-asynchronous-unwind-tables"],
    "clang_cl_cflags": ["-std:c++20", "/clang:-O3", "/clang:-fno-math-errno", "/clang:-fno-trapping-math", "-Wno-psabi", "-Wno-unknown-pragmas"],
    "clang_cl_kernel_cflags": ["/clang:-ffp-contract=fast"],
    "clang_cl_portable_cflags": ["/clang:-Os"],
    "portable_cflags": ["-Os"],
    "avx2_cflags": ["-march=x86-64-v3", "-mtune=znver3"],
    "avx512_cflags": ["-march=x86-64-v4", "-mtune=znver3", "-mprefer-vector-width=512"]
  }
}
