"""The demonstration: a throw-away library with a believable history, so that a newcomer sees everything at once."""

from workbench.demo.stage import demonstration

__all__ = ["demonstration"]
