"""Write docs/keys.md from the command registry: `python docs/make_keys.py`."""

from pathlib import Path

from workbench.commands import key_table

INTRODUCTION = """\
# Keys

This page comes from the command registry (`workbench/commands.py`), by `python docs/make_keys.py`; a test fails when
it is stale. One key has one meaning in the whole program. Lower case looks or moves, upper case decides. Every key can
be changed in `config.yaml`, by the command's id: `keymap: {review.approve: ctrl+y}`.

"""

if __name__ == "__main__":
    Path(__file__).with_name("keys.md").write_text(INTRODUCTION + key_table(), encoding="utf-8")
