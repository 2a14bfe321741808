"""What the records say against the bytes of an installed copy."""

from workbench.reviews.model import Standing
from workbench.reviews.tree_verdicts import open_records
from workbench.text import visible


def remark(standing: Standing, tree: str) -> str:
    """That somebody revoked exactly these bytes, or that nobody approved any of the skill; made visible, or empty."""
    for record in open_records(standing, tree):
        if record.verdict == "revoke":
            return f"{visible(record.reviewer_name or record.reviewer_email)} revoked exactly these bytes"
    return "" if standing.approved_tree else "no version of this skill is approved"
