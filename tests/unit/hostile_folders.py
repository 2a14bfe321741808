"""Folders that nobody meant well with: each is made in a temporary folder, and says which codes have to be named."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEAD = "---\nname: {name}\ndescription: Does it. Use when asked.\n{more}---\n{body}"


def skill(folder: Path, body: str = "Do it.\n", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SKILL.md").write_text(HEAD.format(name=folder.name, more=more, body=body), encoding="utf-8")
    return folder


def put(folder: Path, path: str, content: str | bytes = "", mode: int = 0o644) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)


@dataclass(frozen=True)
class HostileFolder:
    """How a skill at `library/skills/demo` is made, and the (code, file, line) that have to be named."""

    make: Callable[[Path], None]
    said: tuple[tuple[str, str, int | None], ...] = ()


def _links(folder: Path) -> None:
    skill(folder, "See [a](references/a.md).\n")
    put(folder, "references/a.md", "# A\n\n[gone](gone.md) [b](b.md) [out](../../other.md)\n")
    put(folder, "references/b.md", "B\n")


def _escaping_links(folder: Path) -> None:
    skill(folder)
    (folder / "out").symlink_to("/etc")
    (folder / "nowhere").symlink_to("nothing")
    (folder / "loop").symlink_to("loop")
    (folder / "self").symlink_to(".")


def _scripts(folder: Path) -> None:
    skill(folder, "```bash\n./scripts/run.sh --all\nscripts/plain.py\n```\nAlso `./scripts/dos.sh`.\n")
    put(folder, "scripts/run.sh", "#!/bin/sh\necho hi\n")
    put(folder, "scripts/plain.py", "print(1)\n", 0o755)
    put(folder, "scripts/dos.sh", b"#!/bin/sh\r\necho hi\r\n", 0o755)


def _orphans(folder: Path) -> None:
    skill(folder)
    put(folder, "scripts/lost.py", "print(1)\n")
    for number in range(6):
        put(folder, f"assets/icons/{number}.png", b"\0")


def _openai(folder: Path) -> None:
    skill(folder)
    put(
        folder,
        "agents/openai.yaml",
        "interface:\n  display_name: ''\n  brand_color: red\n  icon_small: ../x.png\n  icon_large: assets/no.png\n"
        "  shout: yes\ndependencies:\n  tools:\n    - type: mcp\npolicy:\n  allow_implicit_invocation: maybe\n",
    )


def _openai_broken(folder: Path) -> None:
    skill(folder)
    put(folder, "agents/openai.yaml", "interface: [\n")


def _openai_bytes(folder: Path) -> None:
    skill(folder)
    put(folder, "agents/openai.yaml", b"interface:\n  display_name: \xff\n")


def _openai_link(folder: Path) -> None:
    skill(folder)
    (folder / "agents").mkdir()
    (folder / "agents/openai.yaml").symlink_to("/etc/passwd")


def _evals(folder: Path) -> None:
    skill(folder)
    put(folder, "evals/evals.json", '{"evals": [\n  {"prompt": 1}]}')
    put(folder, "evals/other.json", "{\n  nope}")
    put(folder, "evals/deep.json", "[" * 100_000)
    put(folder, "evals/bytes.json", b"\xff\xfe\xfd")


def _tools(folder: Path) -> None:
    skill(folder)
    put(
        folder,
        "tools.yaml",
        "tools:\n"
        "  - just text\n"
        "  - name: 'no good'\n    run: [python]\n"
        "  - name: a\n    description: x\n    run: [python, scripts/gone.py]\n"
        "  - name: a\n    run: nope\n    shout: 1\n"
        "  - name: b\n    description: x\n    run: [echo, '{y}']\n    output: xml\n"
        "    input_schema: {type: object, properties: {z: {type: string}}}\n"
        "  - name: c\n    description: x\n    run: [echo]\n    input_schema: {type: 7}\n"
        "  - name: d\n    description: x\n    call: scripts/f.py:f\n"
        "  - name: e\n    name: e\n    description: x\n    run: [echo]\n",
    )
    put(folder, "scripts/f.py", "def f(x):\n    return x\n")


def _tools_list(folder: Path) -> None:
    skill(folder)
    put(folder, "tools.yaml", "- a\n")


def _tools_broken(folder: Path) -> None:
    skill(folder)
    put(folder, "tools.yaml", "tools: [\n")


def _cases(folder: Path) -> None:
    skill(folder)
    put(folder, "tests/a.yaml", "cases:\n  - name: x\n    run: nope\n")
    put(folder, "tests/b.yaml", b"cases: \xff\n")


def _many_files(folder: Path) -> None:
    skill(folder)
    (folder / "assets").mkdir()
    for number in range(10_050):
        os.close(os.open(folder / f"assets/{number}", os.O_CREAT | os.O_WRONLY))


def _deep(folder: Path) -> None:
    skill(folder)
    at = folder
    for _ in range(60):
        at = at / "d"
    at.mkdir(parents=True)
    put(at, "x.md", "x")


def _odd_names(folder: Path) -> None:
    skill(folder, "[x](<a b.md>) ![y](%F0%9F%92%A9.png)\n")
    for name in ("a\nb.md", "c\x1b[2Jd.py", "-rf", "…", "e" * 255):
        put(folder, f"scripts/{name}", "x")
    Path(os.fsdecode(os.fsencode(folder / "scripts") + b"/\xff\xfe.py")).touch()


def _pipe(folder: Path) -> None:
    skill(folder, "`scripts/pipe.py`\n")
    (folder / "scripts").mkdir()
    os.mkfifo(folder / "scripts/pipe.py")
    os.mkfifo(folder / "tools.yaml")


def _forbidden(folder: Path) -> None:
    skill(folder)
    put(folder, "references/secret.md", "x", 0)
    put(folder, "closed/x.md", "x")
    (folder / "closed").chmod(0)


def _huge_texts(folder: Path) -> None:
    skill(folder, "`references/a.md`\n")
    for name in ("a", "b", "c"):
        put(folder, f"references/{name}.md", "](" * 200_000)
    put(folder, "references/line.md", "`scripts/" + "a/" * 100_000)


def _binary_scripts(folder: Path) -> None:
    skill(folder, "```sh\nscripts/tool\n```\n")
    put(folder, "scripts/tool", b"\x7fELF\0\0", 0o755)


def _skill_md_is_folder(folder: Path) -> None:
    (folder / "SKILL.md").mkdir(parents=True)


def _skill_md_dangles(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "SKILL.md").symlink_to("nothing")


def _skill_md_leaves(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "SKILL.md").symlink_to("/etc/passwd")


def _folder_dangles(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.symlink_to("nothing")


def _folder_leaves(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.symlink_to("/etc")


def _folder_unsearched(folder: Path) -> None:
    skill(folder.parent.parent / "node_modules/demo")
    folder.parent.mkdir(parents=True)
    folder.symlink_to("../node_modules/demo")


def _unreadable(folder: Path) -> None:
    skill(folder)
    (folder / "SKILL.md").chmod(0)


def _nested(folder: Path) -> None:
    skill(folder)
    skill(folder / "inner")
    put(folder, "inner/scripts/x.py", "x")


FOLDERS: dict[str, HostileFolder] = {
    "links in references": HostileFolder(
        _links,
        (
            ("broken-link", "references/a.md", 3),
            ("deep-reference", "references/a.md", 3),
            ("link-leaves-skill", "references/a.md", 3),
        ),
    ),
    "links that escape": HostileFolder(
        _escaping_links, (("file-link-leaves", "out", None), ("file-link-dangling", "nowhere", None))
    ),
    "scripts that can't run": HostileFolder(
        _scripts,
        (
            ("script-not-executable", "scripts/run.sh", None),
            ("script-no-shebang", "scripts/plain.py", 1),
            ("script-line-ends", "scripts/dos.sh", 1),
            ("script-without-case", "scripts/dos.sh", None),
        ),
    ),
    "orphans": HostileFolder(
        _orphans, (("orphan-file", "scripts/lost.py", None), ("orphan-file", "assets/icons/0.png", None))
    ),
    "openai.yaml": HostileFolder(
        _openai,
        (
            ("openai-yaml-value", "agents/openai.yaml", 2),
            ("openai-yaml-value", "agents/openai.yaml", 3),
            ("openai-yaml-value", "agents/openai.yaml", 4),
            ("openai-yaml-value", "agents/openai.yaml", 5),
            ("openai-yaml-unknown", "agents/openai.yaml", 6),
            ("openai-yaml-value", "agents/openai.yaml", 9),
            ("openai-yaml-type", "agents/openai.yaml", 11),
        ),
    ),
    "openai.yaml broken": HostileFolder(_openai_broken, (("openai-yaml-unreadable", "agents/openai.yaml", 1),)),
    "openai.yaml in bytes": HostileFolder(_openai_bytes, (("openai-yaml-unreadable", "agents/openai.yaml", 2),)),
    "openai.yaml is a link": HostileFolder(_openai_link, (("file-link-leaves", "agents/openai.yaml", None),)),
    "evaluations": HostileFolder(
        _evals,
        (
            ("evals-invalid", "evals/evals.json", None),
            ("evals-invalid", "evals/other.json", 2),
            ("evals-invalid", "evals/deep.json", None),
            ("evals-invalid", "evals/bytes.json", None),
        ),
    ),
    "tools": HostileFolder(
        _tools,
        tuple(
            (code, "scripts/f.py" if code == "tool-signature" else "tools.yaml", line)
            for code, line in (
                ("tool-shape", 2), ("tool-name", 3), ("tool-description", 3), ("tool-script", 7), ("tool-form", 9),
                ("tool-duplicate", 8), ("tools-unknown-key", 10), ("tool-placeholder", 13), ("tool-output", 14),
                ("tool-unused", 15), ("tool-schema", 19), ("tool-signature", 1), ("tools-duplicate-key", 24),
            )
        ),
    ),
    "tools without a list": HostileFolder(_tools_list, (("tools-shape", "tools.yaml", 1),)),
    "tools broken": HostileFolder(_tools_broken, (("tools-unreadable", "tools.yaml", 1),)),
    "cases": HostileFolder(_cases, (("case-invalid", "tests/a.yaml", 3), ("case-invalid", "tests/b.yaml", None))),
    "many files": HostileFolder(_many_files, (("files-not-listed", "", None),)),
    "deep folders": HostileFolder(_deep, (("files-not-listed", "", None),)),
    "odd names": HostileFolder(_odd_names, (("broken-link", "SKILL.md", 5),)),
    "pipes": HostileFolder(_pipe, (("tools-unreadable", "tools.yaml", None),)),
    "huge texts": HostileFolder(_huge_texts),
    "binary scripts": HostileFolder(_binary_scripts, (("script-without-case", "scripts/tool", None),)),
    "SKILL.md is a folder": HostileFolder(_skill_md_is_folder, (("skill-file-not-a-file", "SKILL.md", None),)),
    "SKILL.md dangles": HostileFolder(_skill_md_dangles, (("skill-file-link-dangling", "SKILL.md", None),)),
    "SKILL.md leaves": HostileFolder(_skill_md_leaves, (("skill-file-link-leaves", "SKILL.md", None),)),
    "folder dangles": HostileFolder(_folder_dangles, (("folder-link-dangling", "", None),)),
    "folder leaves": HostileFolder(_folder_leaves, (("folder-link-leaves", "", None),)),
    "folder unsearched": HostileFolder(_folder_unsearched, (("folder-link-unsearched", "", None),)),
    "a skill in a skill": HostileFolder(_nested),
}  # fmt: skip

if os.geteuid() != 0:
    FOLDERS["forbidden files"] = HostileFolder(_forbidden, (("files-not-listed", "", None),))
    FOLDERS["SKILL.md unreadable"] = HostileFolder(_unreadable, (("skill-file-unreadable", "SKILL.md", None),))

EVALS_OK = json.dumps({"skill_name": "demo", "evals": [{"id": 1, "prompt": "Do it", "expectations": ["done"]}]})
