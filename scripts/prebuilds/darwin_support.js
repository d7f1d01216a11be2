'use strict';
/**
 * What zig's linker for Mach-O lacks: a list of exports, and the alignment of thread-local variables' descriptors.
 *
 * libc++abi's archive has the operators new and delete exported and weak, for programs to replace. dyld would bind the
 * addon's calls to the first such operators in the process, another library's, and other libraries' calls to the addon's.
 * So they are compiled here once more, hidden; an object is found before the archive.
 */
const fs = require('node:fs');
const path = require('node:path');

const text = `// Written by scripts/prebuilds/darwin_support.js.
#include "stdlib_new_delete.cpp"

// Clang aligns descriptors to a byte, and leaves it to the linker to align them as pointers. zig's takes the alignment of
// the objects; that of one is enough, since the size of a descriptor is that of three pointers.
__asm__(".section __DATA,__thread_vars,thread_local_variables\\n.p2align 3\\n");
__attribute__((used)) static thread_local int aligned;
`;

/** Writes that C++ source into `folder`; its file and flags. */
function darwinSupport(folder, zigFolder) {
  const file = path.join(folder, 'darwin_support.cc');
  fs.mkdirSync(folder, { recursive: true });
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
  const include = ['libcxx/src', 'libcxxabi/include', 'libcxxabi/src'];
  const flags = [
    ...include.flatMap((name) => ['-isystem', path.join(zigFolder, 'lib', name)]),
    ...['-D_LIBCXXABI_BUILDING_LIBRARY', '-D_LIBCPP_BUILDING_LIBRARY', '-DLIBCXX_BUILDING_LIBCXXABI'],
    ...['-std=c++23', '-fvisibility-global-new-delete=source'],
    '-D_LIBCPP_OVERRIDABLE_FUNC_VIS=__attribute__((__visibility__("hidden")))',
  ];
  return { file, flags };
}

module.exports = { darwinSupport };
