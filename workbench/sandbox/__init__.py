"""Running programs that nobody trusts yet."""
