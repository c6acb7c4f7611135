"""What has doubts in a bulk approval is left to the person; a search finds letters without their strokes and accents.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TABLE, OUTCOME, WHY = "bulk_item", "ck_bulk_item_outcome", "ck_bulk_item_refusal_says_why"
BATCH = 5000
REQUEST = sa.table("invoice_request", sa.column("id", sa.BigInteger), sa.column("header_name", sa.String))
SEARCH = sa.table("request_search", *(sa.column(name) for name in ("request_id", "name", "grams")))
# What no form of Unicode takes apart.
LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def upgrade() -> None:
    """Let an item say that it was left, and why; compare names as they are typed on any keyboard."""
    _say("outcome IN ('done', 'already', 'left', 'refused')", "outcome NOT IN ('left', 'refused') OR reason <> ''")
    _rename(bare)


def downgrade() -> None:
    """What was left was not done; names are compared as they are written."""
    op.execute("UPDATE bulk_item SET outcome = 'refused' WHERE outcome = 'left'")
    _say("outcome IN ('done', 'already', 'refused')", "outcome <> 'refused' OR reason <> ''")
    _rename(lambda name: name)


def _say(outcome: str, why: str) -> None:
    # Only this table is rebuilt: what it points at is not looked at.
    with op.batch_alter_table(TABLE, recreate="auto", reflect_kwargs={"resolve_fks": False}) as table:
        for name, rule in ((OUTCOME, outcome), (WHY, why)):
            table.drop_constraint(op.f(name), type_="check")
            table.create_check_constraint(op.f(name), rule)


def _rename(spelt: Callable[[str], str]) -> None:
    """Write the name by which each request is found anew, so many at a time that memory does not matter."""
    connection, last = op.get_bind(), 0
    asked = (
        sa.select(SEARCH.c.request_id, SEARCH.c.name, SEARCH.c.grams, REQUEST.c.header_name)
        .join_from(SEARCH, REQUEST, REQUEST.c.id == SEARCH.c.request_id)
        .order_by(SEARCH.c.request_id)
        .limit(BATCH)
    )
    while rows := connection.execute(asked.where(SEARCH.c.request_id > last)).all():
        for row in rows:
            name = spelt("".join(unicodedata.normalize("NFKC", row.header_name).casefold().split()))
            if name != row.name:
                _find_by(connection, row, name)
        last = rows[-1].request_id


def _find_by(connection: sa.Connection, row: sa.Row[int, str, str, str], name: str) -> None:
    grams = " ".join(dict.fromkeys(f"x{ord(a):x}x{ord(b):x}" for a, b in pairwise(name)))
    here = {"id": row.request_id, "old": row.grams, "new": grams}
    in_sqlite = connection.dialect.name == "sqlite"
    if in_sqlite:  # the index holds no texts: it has to be told what it forgets
        forget = "INSERT INTO request_search_index(request_search_index, rowid, grams) VALUES ('delete', :id, :old)"
        connection.execute(sa.text(forget), here)
    own = SEARCH.update().where(SEARCH.c.request_id == row.request_id)
    connection.execute(own.values(name=name, grams=grams))
    if in_sqlite:
        connection.execute(sa.text("INSERT INTO request_search_index(rowid, grams) VALUES (:id, :new)"), here)


def bare(name: str) -> str:
    """Latin letters without strokes and accents; other scripts as they are."""
    if name.isascii():
        return name
    kept, is_latin = [], False
    for sign in unicodedata.normalize("NFD", name).translate(LETTERS):
        if unicodedata.combining(sign):
            if is_latin:
                continue
        else:
            is_latin = sign.isascii() and sign.isalpha()
        kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept))
