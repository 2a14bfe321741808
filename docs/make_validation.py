"""Write the tables of docs/validation.md from the registry of codes: `python docs/make_validation.py`.

Everything above the first table is written by hand and stays as it is.
"""

from pathlib import Path

from workbench.skills.codes import code_pages

START = "<!-- codes: written by docs/make_validation.py -->\n"

if __name__ == "__main__":
    page = Path(__file__).with_name("validation.md")
    text = page.read_text(encoding="utf-8").partition(START)[0]
    page.write_text(text + START + "\n" + code_pages(), encoding="utf-8")
