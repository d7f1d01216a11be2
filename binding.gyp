# Builds the addon from source: `npx gradtape build` in an installed package, `npm run build:native` in a checkout.
# Compilers: GCC 12 and Clang 16 or later, Apple's of Xcode 15 or later; on Windows ClangCL, Visual Studio's component
# "C++ Clang tools" (native/kernels/isa.h refuses MSVC, which lacks the vector extensions).
{
  "includes": ["native/sources.gypi"],
  "variables": {
    "werror%": "false",
    # What lies in the folders; the tables of kernel families and of entries are written when the build is configured.
    "kernel_sources": ["<!@(node native/describe.js kernels)"],
    "engine_sources": ["<!@(node native/describe.js engine)"],
    "addon_sources": ["<!@(node native/describe.js addon)"],
    "tables": "<!(node native/describe.js tables build/generated)"
  },
  "target_defaults": {
    "include_dirs": ["native", "<(tables)"],
    "cflags!": ["-O2", "-fno-omit-frame-pointer"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-O2"],
    "cflags_cc": ["<@(common_cflags)"],
    # GYP does not read cflags_cc on macOS: each target names its flags in both ways.
    "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(common_cflags)"], "MACOSX_DEPLOYMENT_TARGET": "11.0" },
    "conditions": [
      ["werror=='true'", { "cflags_cc": ["-Werror"], "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-Werror"] } }],
      ["OS=='win'", {
        "msbuild_toolset": "ClangCL",
        "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(clang_cl_cflags)"] } }
      }]
    ]
  },
  "targets": [
    {
      "target_name": "kernels_portable",
      "type": "static_library",
      "sources": ["<@(kernel_sources)"],
      "defines": ["GRADTAPE_ISA=portable"],
      "cflags_cc": ["<@(kernel_cflags)", "<@(portable_cflags)"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_cflags)", "<@(portable_cflags)"] },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(clang_cl_kernel_cflags)", "<@(clang_cl_portable_cflags)"] } }
    },
    {
      "target_name": "kernels_avx2",
      "type": "static_library",
      "conditions": [["target_arch=='x64'", { "sources": ["<@(kernel_sources)"] }, { "type": "none" }]],
      "defines": ["GRADTAPE_ISA=avx2"],
      "cflags_cc": ["<@(kernel_cflags)", "<@(avx2_cflags)"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_cflags)", "<@(avx2_cflags)"] },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(clang_cl_kernel_cflags)", "<@(avx2_cflags)"] } }
    },
    {
      "target_name": "kernels_avx512",
      "type": "static_library",
      "conditions": [["target_arch=='x64'", { "sources": ["<@(kernel_sources)"] }, { "type": "none" }]],
      "defines": ["GRADTAPE_ISA=avx512"],
      "cflags_cc": ["<@(kernel_cflags)", "<@(avx512_cflags)"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_cflags)", "<@(avx512_cflags)"] },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(clang_cl_kernel_cflags)", "<@(avx512_cflags)"] } }
    },
    {
      "target_name": "kernels_neon",
      "type": "static_library",
      "conditions": [["target_arch=='arm64'", { "sources": ["<@(kernel_sources)"] }, { "type": "none" }]],
      "defines": ["GRADTAPE_ISA=neon"],
      "cflags_cc": ["<@(kernel_cflags)"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_cflags)"] },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["<@(clang_cl_kernel_cflags)"] } }
    },
    {
      "target_name": "gradtape",
      "sources": ["<@(engine_sources)", "<@(addon_sources)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8"],
      "dependencies": ["kernels_portable", "kernels_avx2", "kernels_avx512", "kernels_neon"],
      "conditions": [["OS=='linux'", { "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,-z,nodelete"] }]]
    }
  ]
}
