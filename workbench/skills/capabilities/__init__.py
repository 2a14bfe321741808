"""What a skill can do, by a static read of its files: triage for a person, never a verdict of safety.

Published recall of rule scanners on malicious skills is 8 to 20 %: that nothing was found says little. What was found
says where to look, and, compared with what was approved, what is new.
"""

from pathlib import Path

from workbench.skills.capabilities.model import (
    CAPABILITIES,
    KINDS,
    RISKY,
    SCANNER,
    Certainty,
    Difference,
    Finding,
    Kind,
    SkillCapabilities,
    Unread,
    compare,
    kinds,
)
from workbench.skills.model import Skill

__all__ = [
    "CAPABILITIES",
    "KINDS",
    "RISKY",
    "SCANNER",
    "Certainty",
    "Difference",
    "Finding",
    "Kind",
    "SkillCapabilities",
    "Unread",
    "capabilities_of",
    "compare",
    "kinds",
    "scan_file",
]


def scan_file(path: str, data: bytes, *, executable: bool = False) -> tuple[Finding, ...]:
    """What one file lets a skill do: `scan.scan_file`, loaded when it is first called."""
    from workbench.skills.capabilities.scan import scan_file as scan

    return scan(path, data, executable=executable)


def capabilities_of(root: Path, skill: Skill) -> SkillCapabilities:
    """What one skill of the work tree can do: `of_skill.capabilities_of`, loaded when it is first called."""
    from workbench.skills.capabilities.of_skill import capabilities_of as scan

    return scan(root, skill)
