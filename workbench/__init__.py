"""Skill Workbench: browse, test, review and approve what AI agents are allowed to use."""

__version__ = "0.1.0"
