"""How many tokens a text takes, estimated: no tokenizer is at hand offline, and each model has its own."""

_ASCII_PER_TOKEN = 4


def estimate_tokens(text: str) -> int:
    """About how many tokens a text takes: a quarter of its ASCII characters, and each other character one."""
    ascii_count = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return -(-ascii_count // _ASCII_PER_TOKEN) + len(text) - ascii_count
