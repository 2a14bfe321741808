"""What a skill is: found in a library, read from its SKILL.md, and checked against the specification."""
