"""Reviews: verdicts kept in git, the states derived from them, and the diffs they are about."""
