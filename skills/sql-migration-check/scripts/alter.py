"""ALTER TABLE, action by action."""

from collections.abc import Callable, Iterator

from context import Context, Found
from sql_tokens import Token
from words import Words, name_at, split_commas, top_level

VOLATILE = frozenset(
    {
        "RANDOM",
        "GEN_RANDOM_UUID",
        "UUID_GENERATE_V1",
        "UUID_GENERATE_V1MC",
        "UUID_GENERATE_V4",
        "UUIDV4",
        "UUIDV7",
        "CLOCK_TIMESTAMP",
        "TIMEOFDAY",
        "NEXTVAL",
    }
)
SERIAL = frozenset({"SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL2", "SERIAL4", "SERIAL8"})
FILLED = frozenset({"GENERATED", "IDENTITY", "AUTO_INCREMENT"})
CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"})
NOT_COLUMNS = CONSTRAINTS | {"INDEX", "KEY", "FULLTEXT", "SPATIAL", "PARTITION", "DEFAULT", "SYSTEM", "PERIOD"}


def on_action(part: list[Token], table: str, context: Context) -> Iterator[Found]:
    """One action of ALTER TABLE."""
    words = Words(part)
    handler = ACTIONS.get(words[0])
    if handler is not None:
        yield from handler(words, table, context)
    elif words[0] in ("ENGINE", "ROW_FORMAT", "FORCE", "CONVERT", "ORDER") and context.dialect == "mysql":
        yield Found("rewrites-table", part[0].line, f"{table} {words[0]}")


def add_action(words: Words, table: str, context: Context) -> Iterator[Found]:
    """ADD of a column, constraint or index."""
    at = words.skip(1, "COLUMN")
    if at == 1 and words[1] in CONSTRAINTS:
        yield from add_constraint(words, table, context)
        return
    if at == 1 and words[1] in NOT_COLUMNS:
        if words[1] in ("FULLTEXT", "SPATIAL"):
            yield Found("index-blocks-writes", words.tokens[0].line, table)
        return
    at = words.skip(at, "IF", "NOT", "EXISTS")
    columns = split_commas(words.tokens[at + 1 : -1]) if words[at] == "(" else [list(words.tokens[at:])]
    for column in columns:
        yield from add_column(column, table, context)


def add_column(column: list[Token], table: str, context: Context) -> Iterator[Found]:
    """A column that is added: its default, constraints and generation."""
    name, at = name_at(column, 0)
    words = Words(top_level(column[at:]))
    line, detail = column[0].line, f"{table}.{name}"
    everything = Words(column[at:])
    filled = bool((FILLED | SERIAL) & set(words)) or words.has("AS")
    has_default = words.has("DEFAULT") and not words.has("DEFAULT", "NULL")
    if words.has("NOT", "NULL") and not has_default and not filled:
        yield Found("not-null-without-default", line, detail)
    stored = words.has("STORED") or words.has("PERSISTENT")
    unique = words.has("UNIQUE") or words.has("PRIMARY", "KEY")
    if context.dialect == "sqlite":
        if stored or unique:
            yield Found("sqlite-add-column", line, detail)
        return
    volatile = context.dialect == "postgresql" and (
        bool(set(words) & (SERIAL | {"IDENTITY"})) or (has_default and bool(set(everything) & VOLATILE))
    )
    if stored or volatile:
        yield Found("column-rewrites-table", line, detail)
    if context.dialect == "postgresql" and unique:
        yield Found("constraint-builds-index", line, detail)
    if context.dialect == "postgresql" and words.has("REFERENCES") and has_default:
        yield Found("constraint-not-validated-later", line, detail)


def add_constraint(words: Words, table: str, context: Context) -> Iterator[Found]:
    """A constraint that is added to a table with rows."""
    line = words.tokens[0].line
    outside = Words(top_level(words.tokens))
    if context.dialect == "postgresql":
        if outside.has("FOREIGN", "KEY") or outside.has("CHECK"):
            if not outside.has("NOT", "VALID"):
                yield Found("constraint-not-validated-later", line, table)
        elif not outside.has("USING", "INDEX"):
            yield Found("constraint-builds-index", line, table)
    elif context.dialect == "mysql":
        if outside.has("FOREIGN", "KEY"):
            yield Found("foreign-key-copies-table", line, table)
        elif outside.has("PRIMARY", "KEY"):
            yield Found("rewrites-table", line, f"{table} primary key")


def drop_action(words: Words, table: str, context: Context) -> Iterator[Found]:
    """DROP of a column or partition."""
    line = words.tokens[0].line
    if words[1] == "PARTITION":
        yield Found("drop-partition", line, table)
    elif words[1] not in NOT_COLUMNS:
        name, _ = name_at(words.tokens, words.skip(words.skip(1, "COLUMN"), "IF", "EXISTS"))
        yield Found("drop-column", line, f"{table}.{name}")
        if words.has("CASCADE"):
            yield Found("drop-cascade", line, f"{table}.{name}")


def rename_action(words: Words, table: str, context: Context) -> Iterator[Found]:
    """RENAME of the table or of a column."""
    line = words.tokens[0].line
    if words[1] in ("CONSTRAINT", "INDEX", "KEY"):
        return
    to = words.find("TO")
    if to == 1 or words[1] == "AS" or (to < 0 and len(words) == 2):
        yield Found("rename-table", line, table)
    else:
        name, _ = name_at(words.tokens, words.skip(1, "COLUMN"))
        yield Found("rename-column", line, f"{table}.{name}")


def alter_column(words: Words, table: str, context: Context) -> Iterator[Found]:
    """ALTER COLUMN of PostgreSQL: its type, or NOT NULL."""
    name, at = name_at(words.tokens, words.skip(1, "COLUMN"))
    line, detail = words.tokens[0].line, f"{table}.{name}"
    if context.dialect != "postgresql":
        return
    if words[at] == "TYPE" or (words[at] == "SET" and words[at + 1] == "DATA"):
        yield Found("change-column-type", line, detail)
    elif words[at] == "SET" and words[at + 1] == "NOT":
        yield Found("set-not-null", line, detail)
    elif words[at] == "ADD" and words.has("IDENTITY"):
        yield Found("column-rewrites-table", line, detail)


def modify_column(words: Words, table: str, context: Context) -> Iterator[Found]:
    """MODIFY and CHANGE of MySQL."""
    at = words.skip(1, "COLUMN")
    name, after = name_at(words.tokens, at)
    line = words.tokens[0].line
    yield Found("change-column-type", line, f"{table}.{name}")
    if words[0] == "CHANGE" and name_at(words.tokens, after)[0] != name:
        yield Found("rename-column", line, f"{table}.{name}")


def set_action(words: Words, table: str, context: Context) -> Iterator[Found]:
    """SET TABLESPACE, LOGGED and the like, which rewrite the table."""
    if context.dialect == "postgresql" and words[1] in ("TABLESPACE", "LOGGED", "UNLOGGED", "ACCESS"):
        yield Found("rewrites-table", words.tokens[0].line, f"{table} SET {words[1]}")


Action = Callable[[Words, str, Context], Iterator[Found]]
ACTIONS: dict[str, Action] = {
    "ADD": add_action,
    "DROP": drop_action,
    "RENAME": rename_action,
    "ALTER": alter_column,
    "MODIFY": modify_column,
    "CHANGE": modify_column,
    "SET": set_action,
}
