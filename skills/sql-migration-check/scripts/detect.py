"""Finds dangerous statements: what each one does, judged by its tokens and by what the file did before it."""

from collections.abc import Callable, Iterator, Sequence

from alter import on_action
from context import Context, Found
from sql_tokens import Reader, Statement, Token
from words import Words, name_at, split_commas, top_level

STARTERS = frozenset(
    {"ALTER", "DROP", "CREATE", "TRUNCATE", "UPDATE", "DELETE", "LOCK", "REINDEX", "CLUSTER", "REFRESH", "VACUUM"}
)
MODIFIERS = frozenset(
    {"UNIQUE", "TEMP", "TEMPORARY", "UNLOGGED", "LOCAL", "GLOBAL", "FULLTEXT", "SPATIAL", "OR", "REPLACE"}
)
STRONG_LOCKS = frozenset({"ALTER", "CREATE", "DROP", "TRUNCATE", "LOCK"})
ALWAYS_TRUE = (("TRUE",), ("1",), ("1", "=", "1"))


def detect(statement: Statement, context: Context) -> Iterator[Found]:
    """What is dangerous about one statement; afterwards the context knows about it."""
    words = Words(statement.tokens)
    first = words[0]
    if first == "DO" and context.dialect == "postgresql":
        yield from do_block(statement, context)
        return
    if first in ("WITH", "EXPLAIN"):
        words = Words(main_part(statement.tokens))
        first = words[0]
    handler = HANDLERS.get(first)
    if handler is None or not words.tokens:
        return
    found = list(handler(words, statement, context))
    yield from found
    waits = (found and first in STRONG_LOCKS) or context.alters
    context.alters = False
    if context.dialect == "postgresql" and waits and not context.lock_timeout:
        context.lock_timeout = True
        yield Found("no-lock-timeout", statement.line, "")


def main_part(tokens: Sequence[Token]) -> Sequence[Token]:
    """The part of a WITH statement after its common table expressions."""
    for index, token in enumerate(top_level(tokens)):
        if index and token.kind == "word" and token.text in ("UPDATE", "DELETE", "INSERT", "SELECT"):
            return tokens[tokens.index(token) :]
    return ()


def on_create(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """CREATE TABLE is remembered; CREATE INDEX is judged."""
    at = 1
    kinds: set[str] = set()
    while words[at] in MODIFIERS:
        kinds.add(words[at])
        at += 1
    if words[at] == "TABLE":
        name, _ = name_at(words.tokens, words.skip(at + 1, "IF", "NOT", "EXISTS"))
        context.created.add(name)
    elif words[at] == "INDEX":
        yield from create_index(words, at, kinds, context)


def create_index(words: Words, at: int, kinds: set[str], context: Context) -> Iterator[Found]:
    """CREATE INDEX: blocks writes, unless the table is new or it is built CONCURRENTLY."""
    on = words.find("ON")
    if on < 0:
        return
    table, _ = name_at(words.tokens, words.skip(on + 1, "ONLY"))
    line = words.tokens[at].line
    if context.dialect == "postgresql" and words[at + 1] == "CONCURRENTLY":
        if context.in_transaction:
            yield Found("concurrently-in-transaction", line, table)
    elif table in context.created:
        return
    elif context.dialect == "postgresql":
        yield Found("index-not-concurrent", line, table)
    elif kinds & {"FULLTEXT", "SPATIAL"}:
        yield Found("index-blocks-writes", line, table)


def on_drop(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """DROP of a table, index, schema or database."""
    line = statement.line
    at = 1 + (words[1] in ("TEMPORARY", "MATERIALIZED"))
    kind = words[at]
    if kind == "TABLE":
        for part in split_commas(words.tokens[words.skip(at + 1, "IF", "EXISTS") :]):
            name, _ = name_at(part, 0)
            if name in context.created:
                context.created.discard(name)
            elif words[1] != "TEMPORARY":
                context.dropped.add(name)
                yield Found("drop-table", part[0].line, name)
    elif kind in ("DATABASE", "SCHEMA"):
        yield Found("drop-database", line, name_at(words.tokens, words.skip(at + 1, "IF", "EXISTS"))[0])
    elif kind == "INDEX" and context.dialect == "postgresql":
        if words[at + 1] != "CONCURRENTLY":
            yield Found("drop-index-not-concurrent", line, "")
        elif context.in_transaction:
            yield Found("concurrently-in-transaction", line, "")
    if words.has("CASCADE"):
        yield Found("drop-cascade", line, "")


def on_alter(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """ALTER TABLE, action by action."""
    if words[1] != "TABLE":
        return
    at = words.skip(words.skip(2, "IF", "EXISTS"), "ONLY")
    table, at = name_at(words.tokens, at)
    if words[at] == "*":
        at += 1
    if table in context.created:
        finish_rebuild(words, at, context)
        return
    context.alters = True
    found = [item for part in split_commas(words.tokens[at:]) for item in on_action(part, table, context)]
    yield from found
    if context.dialect == "mysql" and not words.has("ALGORITHM") and not words.has("LOCK") and not words.has("RENAME"):
        yield Found("online-not-stated", statement.line, table)


def finish_rebuild(words: Words, at: int, context: Context) -> None:
    """SQLite's way to change a table: a new table takes the name of the one that was dropped before."""
    if context.dialect == "sqlite" and words[at] == "RENAME" and words[at + 1] == "TO":
        name, _ = name_at(words.tokens, at + 2)
        if name in context.dropped:
            context.rebuilt.add(name)


def on_rows(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """UPDATE and DELETE without a condition."""
    if statement.cut:
        return
    outside = top_level(words.tokens)
    texts = Words(outside)
    at = words.skip(1, "FROM")
    table, _ = name_at(words.tokens, words.skip(at, "ONLY"))
    where = texts.find("WHERE")
    condition = tuple(token.text for token in outside[where + 1 :])
    if table not in context.created and (where < 0 or condition in ALWAYS_TRUE) and not texts.has("LIMIT"):
        yield Found("update-all-rows" if words[0] == "UPDATE" else "delete-all-rows", words.tokens[0].line, table)


def on_truncate(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """TRUNCATE of tables that this file did not create."""
    for part in split_commas(words.tokens[words.skip(words.skip(1, "TABLE"), "ONLY") :]):
        name, _ = name_at(part, 0)
        if name not in context.created:
            yield Found("truncate", part[0].line, name)


def on_maintenance(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """REINDEX, REFRESH, CLUSTER, VACUUM and OPTIMIZE."""
    concurrently = words.has("CONCURRENTLY")
    line = statement.line
    if context.dialect == "postgresql":
        if words[0] == "REINDEX" and not concurrently:
            yield Found("reindex-not-concurrent", line, "")
        elif words[0] == "REFRESH" and not concurrently:
            yield Found("refresh-not-concurrent", line, "")
        elif words[0] == "REINDEX" and context.in_transaction:
            yield Found("concurrently-in-transaction", line, "")
    vacuums = words[0] == "VACUUM" and (words.has("FULL") or context.dialect == "sqlite")
    if vacuums or words[0] in ("CLUSTER", "OPTIMIZE"):
        yield Found("rewrites-table", line, words[0])


def on_lock(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """LOCK TABLE."""
    yield Found("explicit-lock", statement.line, "")


def on_rename(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """RENAME TABLE of MySQL."""
    if words[1] == "TABLE":
        for part in split_commas(words.tokens[2:]):
            name, _ = name_at(part, 0)
            if name not in context.created:
                yield Found("rename-table", part[0].line, name)


def on_setting(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """SET and PRAGMA: lock timeouts are remembered, switched-off checks are reported."""
    texts = {token.text.upper() for token in words.tokens}
    if "LOCK_TIMEOUT" in texts:
        context.lock_timeout = True
    if words[0] == "SELECT":
        return
    off = bool(texts & {"0", "OFF", "FALSE", "NO"})
    if off and texts & {"FOREIGN_KEYS", "FOREIGN_KEY_CHECKS"}:
        yield Found("foreign-keys-off", statement.line, "")
    if words[0] == "PRAGMA" and "WRITABLE_SCHEMA" in texts and not off:
        yield Found("writable-schema", statement.line, "")


def on_transaction(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """BEGIN and COMMIT are remembered."""
    if words[0] in ("COMMIT", "END", "ROLLBACK"):
        context.in_transaction = words.has("TO") and context.in_transaction
    elif words[0] == "BEGIN" or words[1] == "TRANSACTION":
        context.in_transaction = True
    return iter(())


def on_execute(words: Words, statement: Statement, context: Context) -> Iterator[Found]:
    """EXECUTE and PREPARE run text that is not checked."""
    yield Found("dynamic-sql", statement.line, "")


def do_block(statement: Statement, context: Context) -> Iterator[Found]:
    """The statements in a DO block: unlike a function's body, it runs at once."""
    body = next((token for token in statement.tokens if token.kind == "string"), None)
    if body is None:
        return
    for inner in Reader(body.text, "postgresql", body.line).statements():
        texts = Words(inner.tokens)
        if texts.has("EXECUTE"):
            yield Found("dynamic-sql", inner.line, "")
            continue
        start = next((i for i, word in enumerate(texts.words) if word in STARTERS), None)
        if start is not None:
            yield from detect(Statement(inner.tokens[start:], inner.last_line, inner.cut), context)


Handler = Callable[[Words, Statement, Context], Iterator[Found]]
HANDLERS: dict[str, Handler] = {
    "CREATE": on_create,
    "DROP": on_drop,
    "ALTER": on_alter,
    "UPDATE": on_rows,
    "DELETE": on_rows,
    "TRUNCATE": on_truncate,
    "LOCK": on_lock,
    "RENAME": on_rename,
    "SET": on_setting,
    "PRAGMA": on_setting,
    "SELECT": on_setting,
    "EXECUTE": on_execute,
    "PREPARE": on_execute,
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "END", "ROLLBACK"), on_transaction),
    **dict.fromkeys(("REINDEX", "REFRESH", "CLUSTER", "VACUUM", "OPTIMIZE"), on_maintenance),
}
