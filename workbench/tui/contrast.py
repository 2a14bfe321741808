"""Colours that can be read on their background."""

from textual.color import Color

READABLE = 4.5
"""The least contrast of a text with its background, by WCAG 2.2, success criterion 1.4.3."""


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: Color, ground: Color, toward: Color) -> Color:
    """`colour`, or as little as it takes of `toward` mixed into it, so that it can be read on `ground`."""
    for step in range(10):
        mixed = colour.blend(toward, step / 10)
        if contrast(mixed, ground) >= READABLE:
            return mixed
    return toward


def _luminance(colour: Color) -> float:
    red, green, blue = (_linear(part / 255) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
