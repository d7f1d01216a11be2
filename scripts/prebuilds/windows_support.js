'use strict';
/**
 * How the addon finds the Node-API on Windows. An import library would name node.exe, and Windows would look for a file
 * of that name where the program is called otherwise (Electron, single executables, `node22.exe`). So each function is
 * a stub in the addon that jumps to an address, and all addresses are looked up in the running program when the addon
 * is loaded.
 *
 * With it the two functions of zig's compiler-rt that the addon needs on Windows (linkArguments says why it is left out).
 */
const fs = require('node:fs');
const path = require('node:path');

/** Writes that C++ source, with stubs of `functions`, into `folder`; its file. */
function windowsSupport(folder, functions) {
  const file = path.join(folder, 'windows_support.cc');
  const text = `// Written by scripts/prebuilds/windows_support.js.
#include <math.h>
#include <windows.h>

extern "C" {
/// Not optimised: the two calls would become one of this function.
__attribute__((optnone)) void sincos(double x, double* sine, double* cosine) {
  *sine = sin(x);
  *cosine = cos(x);
}

void* gradtape_node_api[${functions.length}];

BOOL WINAPI DllMain(HINSTANCE, DWORD reason, void*) {
  static const char* const kNames[] = {${functions.map((name) => `"${name}"`).join(', ')}};
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  // Where Node is a library of the program, that has them.
  HMODULE host = GetModuleHandleA("libnode.dll");
  if (host == nullptr) host = GetModuleHandleA(nullptr);
  for (int i = 0; i < ${functions.length}; i++) {
    gradtape_node_api[i] = reinterpret_cast<void*>(GetProcAddress(host, kNames[i]));
    if (gradtape_node_api[i] == nullptr) return FALSE;
  }
  return TRUE;
}
}

// Touches each page of the %rax bytes that a frame is about to take, so that Windows extends the stack.
__asm__(
    ".globl ___chkstk_ms\\n"
    "___chkstk_ms:\\n"
    "  pushq %rcx\\n"
    "  pushq %rax\\n"
    "  leaq 24(%rsp), %rcx\\n"
    "1:\\n"
    "  cmpq $0x1000, %rax\\n"
    "  jb 2f\\n"
    "  subq $0x1000, %rcx\\n"
    "  orq $0, (%rcx)\\n"
    "  subq $0x1000, %rax\\n"
    "  jmp 1b\\n"
    "2:\\n"
    "  subq %rax, %rcx\\n"
    "  orq $0, (%rcx)\\n"
    "  popq %rax\\n"
    "  popq %rcx\\n"
    "  retq\\n");

${functions.map((name, i) => `__asm__(".globl ${name}\\n${name}: jmpq *gradtape_node_api+${8 * i}(%rip)");`).join('\n')}
`;
  fs.mkdirSync(folder, { recursive: true });
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
  return file;
}

module.exports = { windowsSupport };
