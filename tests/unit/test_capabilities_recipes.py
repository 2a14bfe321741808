"""Commands in Makefiles, justfiles and Dockerfiles are found in every usual spelling, each on its own line."""

import pytest

from workbench.skills.capabilities import scan_file


def found(path: str, text: str) -> dict[str, int]:
    """Every finding but mentions, as `kind what`, with its line."""
    return {f"{one.kind} {one.what}": one.line for one in scan_file(path, text.encode()) if one.certainty != "mention"}


MAKE = [
    ("all:\n\tcurl http://a.co\n", {"subprocess curl": 2, "network a.co": 2}),
    ("all:\n\n\t@-curl http://a.co\n", {"subprocess curl": 3, "network a.co": 3}),
    ("X := $(shell curl http://a.co)\n", {"subprocess curl": 1, "network a.co": 1}),
    ("X := $(strip $(shell curl http://a.co))\nY = $(wildcard *.c)\n", {"subprocess curl": 1, "network a.co": 1}),
    ("X != curl http://a.co\n", {"subprocess curl": 1, "network a.co": 1}),
    ("all:\n\techo $(shell curl http://a.co)\n", {"subprocess curl": 2, "network a.co": 2}),
    ("all: a b; curl http://a.co\n", {"subprocess curl": 1, "network a.co": 1}),
    ("all:\n\tgit fetch && \\\n\t  curl http://a.co\n",
     {"subprocess git": 2, "network the repository's remote": 2, "subprocess curl": 3, "network a.co": 3}),
    ("U = http://a.co\nall:\n\tV=$$(git log) && \\\n\t  curl $(U)/x$$V\n",
     {"subprocess git": 3, "subprocess curl": 4, "network a.co": 4}),
    ("SRC = a.c \\\n\tb.c\nall: $(SRC)\n\t$(CC) $(SRC) -o $@ # curl http://a.co\n", {"subprocess cc": 4}),
    ("# $(shell curl http://a.co)\nifdef X\n    CFLAGS = -g\nendif\n", {}),
    ("all:\n\t$(TOOL) x\n", {"subprocess any program": 2, "environment TOOL": 2}),
    (".RECIPEPREFIX = >\nall:\n>curl http://a.co\n", {"subprocess curl": 3, "network a.co": 3}),
]  # fmt: skip

DOCKER = [
    ("FROM x\n\nRUN curl http://a.co\n", {"subprocess curl": 3, "network a.co": 3}),
    ("FROM x\nRUN git log \\\n  # then\n\n  && curl http://a.co\n",
     {"subprocess git": 2, "subprocess curl": 5, "network a.co": 5}),
    ('FROM x\nRUN ["curl", "http://a.co"]\n', {"subprocess curl": 2, "network a.co": 2}),
    ('ENTRYPOINT ["sh", "-c", "make"]\n', {"subprocess sh": 1, "subprocess make": 1}),
    ("FROM x\ncmd curl http://a.co\n", {"subprocess curl": 2, "network a.co": 2}),
    ("HEALTHCHECK --interval=5s CMD make check\nONBUILD RUN ninja\n", {"subprocess make": 1, "subprocess ninja": 2}),
    ("ADD https://a.co/x.tgz /x\nADD a.txt /\nCOPY b /\n", {"network a.co": 1, "download a file from a.co": 1}),
    ("RUN <<EOF\nset -e\ncurl http://a.co\nEOF\nRUN make\n",
     {"subprocess curl": 3, "network a.co": 3, "subprocess make": 5}),
    ("RUN <<EOF\n#!/usr/bin/env python3\nimport os\nos.system('make')\nEOF\n", {"subprocess make": 4}),
    ("RUN python3 <<EOF\nimport os\nos.system('make')\nEOF\n", {"subprocess python3": 1, "subprocess make": 3}),
    ("COPY <<EOF /x\nRUN curl http://a.co\nEOF\n", {}),
    ("RUN --mount=type=cache,target=/c make\n", {"subprocess make": 1}),
    ("ENV U=http://a.co\nARG V\nENV V=1\nRUN curl $U/$V\n", {"subprocess curl": 4, "network a.co": 4}),
    ("LABEL a='curl http://a.co'\n", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MAKE)
def test_a_makefile(text: str, expected: dict[str, int]) -> None:
    assert found("Makefile", text) == expected


@pytest.mark.parametrize(("text", "expected"), DOCKER)
def test_a_dockerfile(text: str, expected: dict[str, int]) -> None:
    assert found("Dockerfile", text) == expected


def test_a_justfile() -> None:
    assert found("justfile", "u := 'x'\nrun a:\n    @curl {{u}}/x http://a.co\n") == {
        "subprocess curl": 3, "network a.co": 3,
    }  # fmt: skip


def test_the_evidence_is_the_whole_command_as_it_stands_in_the_file() -> None:
    [one, *_] = scan_file("Makefile", b"all:\n\t@git log $(X) \\\n\t  --all\n")
    assert one.evidence == "@git log $(X) \\ --all"
