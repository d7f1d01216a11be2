'use strict';
/**
 * How the addon finds the Node-API on Windows. An import library would name node.exe, and Windows would look for a file
 * of that name where the program is called otherwise (Electron, single executables, `node22.exe`). So each function is
 * a stub in the addon that jumps to an address, and all addresses are looked up in the running program when the addon
 * is loaded.
 */
const fs = require('node:fs');
const path = require('node:path');

/** Writes the C++ source with the stubs of `functions` into `folder`; its file. */
function windowsImports(folder, functions) {
  const file = path.join(folder, 'node_api_imports.cc');
  const text = `// Written by scripts/prebuilds/windows_imports.js.
#include <windows.h>

extern "C" {
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

${functions.map((name, i) => `__asm__(".globl ${name}\\n${name}: jmpq *gradtape_node_api+${8 * i}(%rip)");`).join('\n')}
`;
  fs.mkdirSync(folder, { recursive: true });
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
  return file;
}

module.exports = { windowsImports };
