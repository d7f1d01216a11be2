{
  "includes": ["native/sources.gypi"],
  "variables": { "sanitize%": "" },
  "target_defaults": {
    "cflags!": ["-O2", "-fno-omit-frame-pointer"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-O2"],
    "cflags_cc": ["<@(common_cflags)"],
    "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(common_cflags)"], "MACOSX_DEPLOYMENT_TARGET": "11.0" },
    "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["-std:c++20"] } }
  },
  "targets": [
    {
      "target_name": "kernels_portable",
      "type": "static_library",
      "sources": ["<@(kernel_sources)"],
      "defines": ["GRADTAPE_ISA=portable"],
      "cflags_cc": ["<@(kernel_cflags)"]
    },
    {
      "target_name": "kernels_avx2",
      "type": "static_library",
      "conditions": [["target_arch=='x64'", { "sources": ["<@(kernel_sources)"] }, { "type": "none" }]],
      "defines": ["GRADTAPE_ISA=avx2"],
      "cflags_cc": ["<@(kernel_cflags)", "<@(avx2_cflags)"]
    },
    {
      "target_name": "kernels_avx512",
      "type": "static_library",
      "conditions": [["target_arch=='x64'", { "sources": ["<@(kernel_sources)"] }, { "type": "none" }]],
      "defines": ["GRADTAPE_ISA=avx512"],
      "cflags_cc": ["<@(kernel_cflags)", "<@(avx512_cflags)"]
    },
    {
      "target_name": "kernels_neon",
      "type": "static_library",
      "conditions": [["target_arch=='arm64'", { "sources": ["<@(kernel_sources)"] }, { "type": "none" }]],
      "defines": ["GRADTAPE_ISA=neon"],
      "cflags_cc": ["<@(kernel_cflags)"]
    },
    {
      "target_name": "gradtape",
      "sources": ["<@(engine_sources)", "<@(addon_sources)"],
      "defines": ["NAPI_VERSION=8"],
      "dependencies": ["kernels_portable", "kernels_avx2", "kernels_avx512", "kernels_neon"],
      "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,-z,nodelete"]
    }
  ]
}
