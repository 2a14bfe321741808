"""What a skill can do, by a static read of its files: triage for a person, never a verdict of safety.

Published recall of rule scanners on malicious skills is 8 to 20 %: that nothing was found says little. What was found
says where to look, and, compared with what was approved, what is new.
"""

from workbench.skills.capabilities.model import (
    CAPABILITIES,
    KINDS,
    RISKY,
    Certainty,
    Difference,
    Finding,
    Kind,
    SkillCapabilities,
    Unread,
    compare,
    kinds,
)
from workbench.skills.capabilities.of_skill import capabilities_of
from workbench.skills.capabilities.scan import scan_file

__all__ = [
    "CAPABILITIES",
    "KINDS",
    "RISKY",
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
