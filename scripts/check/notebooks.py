"""Runs a notebook with a kernel: notebooks.py KERNEL NOTEBOOK OUT. Writes it, with its outputs, to OUT.

Needs nbclient; scripts/check-notebooks.js installs it.
"""

import sys

import nbformat
from nbclient import NotebookClient

# What a cell printed last may come after the kernel has said that the cell is done, and would be lost.
WAIT = "\nawait new Promise((resolve) => setTimeout(resolve, 200));"


def main(kernel: str, path: str, out: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in cells]
    for cell in cells:
        cell.source += WAIT
    NotebookClient(notebook, kernel_name=kernel, timeout=300).execute()
    for cell, source in zip(cells, sources):
        cell.source = source
        cell.metadata.pop("execution", None)
        merged = []
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                raise SystemExit(f"{kernel}: a cell of {path} failed: {output}\n{source}")
            if output.output_type == "stream" and merged and merged[-1].output_type == "stream":
                merged[-1].text += output.text
            else:
                merged.append(output)
        cell.outputs = merged
    nbformat.write(notebook, out)


main(*sys.argv[1:])
