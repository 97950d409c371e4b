#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Parses and verifies every ```mlir block of the documentation with tcc-opt: check-docs.py TCC_OPT FILE_OR_FOLDER...

A block that shows something tcc-opt must refuse is marked ```mlir invalid.
"""
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```mlir(?P<mark>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


def check(tcc_opt, path):
    """Returns (blocks, failures) of one page; failures name the page's own line."""
    page = path.read_text()
    blocks = failures = 0
    for match in BLOCK.finditer(page):
        blocks += 1
        first = page.count("\n", 0, match.start("text")) + 1
        # Blank lines in front make the tool's positions the page's.
        text = "\n" * (first - 1) + match["text"]
        run = subprocess.run([tcc_opt, "-o", "/dev/null", "-"], input=text, capture_output=True, text=True)
        if (run.returncode == 0) == (match["mark"].strip() == "invalid"):
            failures += 1
            said = run.stderr.replace("<stdin>", str(path)) or "parsed, though it is marked invalid"
            print(f"{path}:{first}: {said.rstrip()}")
    return blocks, failures


def main():
    tcc_opt, *roots = sys.argv[1:]
    pages = []
    for root in map(pathlib.Path, roots):
        pages += sorted(root.rglob("*.md")) if root.is_dir() else [root]
    totals = [check(tcc_opt, page) for page in pages]
    blocks, failures = (sum(column) for column in zip(*totals))
    print(f"{blocks} mlir blocks in {len(pages)} pages, {failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
