"""The rules: what each one is called, how serious it is, why it matters and what to do instead."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        severity: error loses data or breaks what runs; warning locks or rewrites; info is advice.
    """

    id: str
    severity: Severity
    why: str
    remedy: str


def _rules(*rules: Rule) -> dict[str, Rule]:
    return {rule.id: rule for rule in rules}


RULES = _rules(
    Rule(
        "drop-table",
        "error",
        "The table's data is gone, and code that still reads it fails.",
        "Stop using the table in one release, drop it in a later one, after a backup.",
    ),
    Rule(
        "drop-column",
        "error",
        "The column's data is gone, and running code that names the column fails.",
        "Release code that no longer uses the column first; drop it in a later migration.",
    ),
    Rule(
        "drop-partition",
        "error",
        "All rows of the partition are gone.",
        "Detach or copy the partition first, if anything in it may still be needed.",
    ),
    Rule(
        "drop-database",
        "error",
        "Everything in the schema or database is gone.",
        "Do this by hand, after a backup, and not in a migration.",
    ),
    Rule(
        "drop-cascade",
        "error",
        "CASCADE also drops every object that depends on this one, without naming them.",
        "List the dependent objects and drop each by name.",
    ),
    Rule(
        "truncate",
        "error",
        "All rows are gone, and the table is locked meanwhile.",
        "Delete in batches what is no longer needed, or rename the table and drop it later.",
    ),
    Rule(
        "delete-all-rows",
        "error",
        "DELETE without a condition removes every row.",
        "Add a WHERE clause, and delete in batches.",
    ),
    Rule(
        "update-all-rows",
        "warning",
        "UPDATE without a condition rewrites every row in one transaction and holds the row locks until it ends.",
        "Update in batches by key range, each in a transaction of its own, outside the schema migration.",
    ),
    Rule(
        "rename-table",
        "error",
        "Code that runs during the deployment still uses the old name.",
        "Add a view with the old name, or create a new table, copy, and switch over in steps.",
    ),
    Rule(
        "rename-column",
        "error",
        "Code that runs during the deployment still uses the old name.",
        "Add the new column, write both, copy the data, switch the readers, then drop the old one.",
    ),
    Rule(
        "not-null-without-default",
        "error",
        "Adding a NOT NULL column without a default fails as soon as the table has a row (MySQL outside strict mode "
        "fills in an implicit value instead).",
        "Give a DEFAULT, or add the column as nullable, fill it in batches, then make it NOT NULL.",
    ),
    Rule(
        "set-not-null",
        "warning",
        "The whole table is scanned while reads and writes wait (ACCESS EXCLUSIVE).",
        "Add CHECK (column IS NOT NULL) NOT VALID, VALIDATE it, then SET NOT NULL, which uses it (PostgreSQL 12+).",
    ),
    Rule(
        "change-column-type",
        "warning",
        "Most type changes rewrite the table and its indexes while it is locked.",
        "Add a column of the new type, copy in batches, switch over. (Widening varchar is cheap in PostgreSQL.)",
    ),
    Rule(
        "column-rewrites-table",
        "warning",
        "A volatile default, an identity, or a stored generated column is computed for every row: the table is "
        "rewritten while it is locked.",
        "Add the column without it, fill it in batches, then set the default for new rows.",
    ),
    Rule(
        "rewrites-table",
        "warning",
        "The statement writes the whole table anew while it is locked.",
        "Do it in a maintenance window, or with an online tool (pg_repack, gh-ost, pt-online-schema-change).",
    ),
    Rule(
        "index-not-concurrent",
        "warning",
        "CREATE INDEX blocks all writes to the table until the index is built.",
        "CREATE INDEX CONCURRENTLY, outside a transaction; afterwards check that the index is valid.",
    ),
    Rule(
        "drop-index-not-concurrent",
        "warning",
        "DROP INDEX waits for and then blocks every query on the table.",
        "DROP INDEX CONCURRENTLY, outside a transaction.",
    ),
    Rule(
        "reindex-not-concurrent",
        "warning",
        "REINDEX blocks writes to the table, and reads that would use the index.",
        "REINDEX … CONCURRENTLY (PostgreSQL 12+), outside a transaction.",
    ),
    Rule(
        "refresh-not-concurrent",
        "warning",
        "The materialized view can't be read while it is refreshed.",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index on the view.",
    ),
    Rule(
        "concurrently-in-transaction",
        "error",
        "CONCURRENTLY is refused inside a transaction, so the migration fails.",
        "Put it into a migration of its own, for which the tool opens no transaction.",
    ),
    Rule(
        "index-blocks-writes",
        "warning",
        "Building a FULLTEXT or SPATIAL index blocks writes to the table.",
        "Use an online schema change tool, or a maintenance window.",
    ),
    Rule(
        "constraint-not-validated-later",
        "warning",
        "Every row is checked while writes to the table (for a foreign key: to both tables) wait.",
        "Add the constraint NOT VALID, then VALIDATE CONSTRAINT in a later transaction.",
    ),
    Rule(
        "constraint-builds-index",
        "warning",
        "The constraint builds its index while reads and writes wait.",
        "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX.",
    ),
    Rule(
        "foreign-key-copies-table",
        "warning",
        "With foreign_key_checks on, MySQL adds a foreign key by copying the table while writes wait.",
        "Use an online schema change tool; or verify the data, and add the key with the checks off in that session.",
    ),
    Rule(
        "foreign-keys-off",
        "warning",
        "Rows written while foreign keys are not enforced are never checked afterwards.",
        "Turn them on again in the same migration, and check (SQLite: PRAGMA foreign_key_check).",
    ),
    Rule(
        "writable-schema",
        "error",
        "A mistake while the schema is writable makes the database file unreadable.",
        "Build a new table, copy, drop the old one, rename.",
    ),
    Rule(
        "sqlite-add-column",
        "error",
        "SQLite can't add a column that is UNIQUE, PRIMARY KEY or stored-generated.",
        "Build a new table with the column, copy the rows, drop the old one, rename.",
    ),
    Rule(
        "explicit-lock",
        "warning",
        "The lock makes others wait until the transaction ends.",
        "Avoid it, or set a lock timeout and keep the transaction short.",
    ),
    Rule(
        "no-lock-timeout",
        "info",
        "A statement that waits for its lock makes every later query on the table wait behind it.",
        "SET lock_timeout = '5s' before it, and try again when it runs out.",
    ),
    Rule(
        "online-not-stated",
        "info",
        "MySQL silently falls back to copying or locking the table if the change can't be made online.",
        "Add ALGORITHM=INPLACE (or INSTANT), LOCK=NONE: the server then refuses instead.",
    ),
    Rule(
        "dynamic-sql",
        "info",
        "The statement is put together at run time, so it was not checked.",
        "Read it yourself; write plain statements where you can.",
    ),
    Rule(
        "unterminated",
        "error",
        "A string, quoted name or comment is opened here and never closed; what follows was not read as SQL.",
        "Close it. If it is right, the dialect is wrong.",
    ),
    Rule(
        "allow-without-reason",
        "warning",
        "A finding may only be allowed with a reason, for the next reader.",
        "Write: -- migration-check: allow <rule>: <reason>",
    ),
)
