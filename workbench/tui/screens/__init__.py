"""One file and one `.tcss` for each screen."""
