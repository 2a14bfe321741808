"""A record in a line, for every list of records; the texts are raw."""

from workbench.reviews.comments import comments_in
from workbench.reviews.model import Record
from workbench.text import first_line


def proof_of(record: Record) -> str:
    """How it is proved who said it, or that it does not count, and whether the key is another than before."""
    proof: str = record.proof if record.counts else "does not count"
    return f"{proof}, key changed" if record.signer_change else proof


def said_in(record: Record) -> str:
    """The reason's first line and the first remark on lines: it says more than how many there are."""
    said = first_line(record.reason)
    comments, _ = comments_in(record)
    if not comments:
        return said
    more = f" (and {len(comments) - 1} more)" if len(comments) > 1 else ""
    first = f"{comments[0].place or 'in general'}: {first_line(comments[0].text) or 'a suggestion'}{more}"
    return f"{said}; {first}" if said else first
