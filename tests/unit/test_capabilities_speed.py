"""No file keeps a scanner busy: what is built to be slow is read within two seconds, and its findings are bounded."""

import time

import pytest

from workbench.skills.capabilities import scan_file

SECONDS = 2.0
"""Of the processor, for one file, whatever it holds."""

HOSTILE = {
    "one line of 10 MB": ("a.sh a.js a.py SKILL.md", b"a" * (10 << 20)),
    "open quotes": ("a.sh a.js", b"'\"" * 400_000),
    "open substitutions": ("a.sh", b"$(" * 400_000),
    "open braces": ("a.sh", b"${a" * 400_000),
    "open backticks": ("a.sh a.js", b"a `" * 400_000),
    "open comments": ("a.sh a.js SKILL.md", b"/* <!-- " * 200_000),
    "here-documents that never end": ("a.sh", b"cat <<A\n" * 100_000),
    "here-documents on one line": ("a.sh", b"cat " + b"<<A " * 100_000 + b"\n"),
    "brackets": ("a.sh a.js a.py", b"(" * 1_000_000),
    "unary operators": ("a.py", b"-" * 500_000 + b"1"),
    "a long sum": ("a.py", b"x = " + b"1+" * 200_000 + b"1"),
    "a deep sum": ("a.py", b"import x\nx = " + b"1+" * 20_000 + b"1"),
    "attributes": ("a.py a.js", b"import a\na" + b".a" * 300_000),
    "lambdas": ("a.py", b"import x\n" + b"lambda:" * 5_000 + b"1"),
    "dense Python": ("a.py", b"import a\n" + b"a+b\n" * 14_000),
    "many calls": ("a.py a.sh a.js", b"import os\n" + b"os.system('x')\n" * 100_000),
    "many URLs": ("SKILL.md a.html", b"http://a.b.c " * 150_000),
    "many words for secrets": ("a.txt", b"password token secret = " * 80_000),
    "a long assignment": ("a.txt", b"token='" + b"a1b2" * 500_000),
    "spaces": ("a.sh a.txt", b" " * (2 << 20)),
    "blank lines": ("a.sh SKILL.md", b"\n" * (2 << 20)),
    "fences": ("a.sh SKILL.md", b"```\n" * 500_000),
    "inline code": ("SKILL.md", b"`pip install x` " * 120_000),
    "commands": ("a.sh", b"a;" * 1_000_000),
    "pipes": ("a.sh", b"curl|" * 400_000 + b"sh"),
    "templates": ("a.js", b"`${" * 600_000),
    "regular expressions": ("a.js", b"=/[" * 600_000),
    "calls in calls": ("a.js", b"f(" * 800_000),
    "arrays": ("a.js", b"const {exec} = require('child_process');" + b"exec([" * 300_000),
    "functions": ("a.sh", b"f() {\n" * 300_000),
    "cases": ("a.sh", b"case a in\nb) " * 150_000),
    "images": ("SKILL.md", b"![a](http://b?c={" * 100_000),
    "tags": ("a.txt", "\U000e0041".encode() * 500_000),
    "selectors": ("a.txt", "a\ufe0f\ufe0f\ufe0f".encode() * 150_000),
    "mixed letters": ("a.txt", "aа ".encode() * 500_000),
    "script tags": ("a.html", b"<script>" * 200_000),
    "an order without an end": ("a.txt", b"ignore all the previous " * 80_000),
    "verbs": ("a.txt", b"send " * 400_000),
    "keys that begin": ("a.txt", b"-----BEGIN PRIVATE KEY-----" * 70_000),
    "a token without an end": ("a.txt", b"eyJ" + b"a" * 2_000_000),
    "a host without an end": ("a.txt", b"://" + b"a" * 2_000_000),
    "recipes": ("Makefile justfile Dockerfile", b"\t@:\nRUN :\n" * 200_000),
    "make's shells": ("Makefile", b"X=" + b"$(shell " * 250_000),
    "many shells": ("Makefile", b"X=$(shell a)" * 150_000),
    "an unclosed recipe": ("Makefile", b"\t" + b"$(($$" * 400_000),
    "a long instruction": ("Dockerfile", b"RUN a \\\n" + b"#\n" * 1_000_000),
    "documents on one line": ("Dockerfile a.sh", b"RUN a " + b"<<A " * 200_000 + b"\nA" * 200_000),
    "documents that expand": ("Dockerfile a.sh", b"RUN a " + b"<<A " * 200_000 + b"\n$x\nA" * 200_000),
    "blanks after a backslash": ("Dockerfile", b"RUN a " + b"\\  " * 500_000),
    "conditions": ("a.sh", b"[[ a || b\n" * 200_000 + b"]]"),
    "nested conditions": ("a.sh", b"[[ $([[ " * 200_000 + b"]]"),
    "searches": ("a.sh", b"find -exec " * 150_000 + b";"),
    "searches in searches": ("a.sh", b"find " + b"-exec find " * 150_000 + b";"),
    "names that are handed on": ("a.js", b"import a from 'child_process';" + b"a=a.b\n" * 80_000),
    "cells": ("a.ipynb", b'{"cells": [' + b'{"cell_type": "code", "source": "\\u0061"},' * 30_000 + b"{}]}"),
    "rulers": ("SKILL.md", b"---\n" * 500_000),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_no_file_takes_longer_than_two_seconds(what: str) -> None:
    names, data = HOSTILE[what]
    for name in names.split():
        scan_file(name, b"import os\n")  # what is loaded once is not the file's
        for _ in range(2):  # other processes disturb even the processor's own clock
            began = time.process_time()
            findings = scan_file(name, data)
            spent = time.process_time() - began
            if spent < SECONDS:
                break
        assert spent < SECONDS, name
        assert sum(len(one.evidence) for one in findings) < 400_000, name


def test_what_is_not_read_to_its_end_is_a_finding() -> None:
    whats = {
        name: {one.what for one in scan_file(name, data) if one.kind == "unreadable"}
        for name, data in [
            ("a.py", b"import a\n" + b"a+b\n" * 40_000),
            ("a.sh", b"a;" * 200_000),
            ("a.js", b"import a from 'a';" + b"a;" * 300_000),
            ("Makefile", b"\t:\n" * 30_000),
            ("Dockerfile", b"RUN :\n" * 30_000),
            ("SKILL.md", b"`pip install x` " * 10_000),
            ("big.sh", b"#" * (3 << 20)),
            ("a.txt", "".join(f"a\u200b{number}\n" for number in range(3_000)).encode()),
        ]
    }
    assert all(whats.values()), whats
