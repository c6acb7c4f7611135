"""The floor: what this stack can do at best. One bare statement, Flask, and one Jinja template of 50 rows.

No sign-in, no roles, no languages, no filters, no links: nothing that a product needs. It reads the same database, so
that a ratio says what the product adds.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import text

from backoffice.database import db, writing
from backoffice.text import normalised, pairs

_COLUMNS = "r.id, r.number, r.header_name, r.amount, r.due_on, r.submitted_on, r.state"
_TEMPLATE = """<!doctype html><title>Queue</title><table>{% for row in rows %}
<tr><td>{{ row.number }}</td><td>{{ row.header_name }}</td><td>{{ row.amount }}</td><td>{{ row.due_on }}</td>
<td>{{ row.submitted_on }}</td><td>{{ row.state }}</td></tr>{% endfor %}</table>"""
# Left alone, SQLite takes an index that begins with the state and sorts all that is pending: no floor of ours.
_INDEX = "INDEXED BY ix_invoice_request_queue"
_HITS = {
    "sqlite": "r.id IN (SELECT rowid FROM request_search_index WHERE request_search_index MATCH :words)",
    "postgresql": "r.id IN (SELECT request_id FROM request_search WHERE string_to_array(grams, ' ') @> :words)",
}


class Floor:
    """A bare application over the database of `product`, and its statements by name."""

    def __init__(self, product: Flask) -> None:
        with product.app_context():
            self.engine, self.writing = db.engine, writing()
        self.kind = self.engine.dialect.name
        self.app = Flask("floor")
        self.template = self.app.jinja_env.from_string(_TEMPLATE)
        self.app.add_url_rule("/<name>", view_func=self._page, endpoint="page")
        self.app.add_url_rule(
            "/approve/<int:request_id>", view_func=self._approve, methods=["POST"], endpoint="approve"
        )
        self.statements: dict[str, tuple[str, dict[str, Any]]] = {
            "queue": ("r.state = 'pending' ORDER BY r.due_at, r.id", {}),
            "queue-last": ("r.state = 'pending' ORDER BY r.due_at DESC, r.id DESC", {}),
            "history": ("r.state = 'issued' ORDER BY r.submitted_at DESC, r.id DESC", {}),
            "history-last": ("r.state = 'issued' ORDER BY r.submitted_at, r.id", {}),
        }

    def named(self, name: str) -> None:
        """Add the search for a part of a name: all hits, sorted."""
        words = pairs(normalised(name))
        given = " AND ".join(words) if self.kind == "sqlite" else words
        self.statements["name-" + name] = (
            f"{_HITS[self.kind]} ORDER BY r.submitted_at DESC, r.id DESC",
            {"words": given},
        )

    def taxed(self, tax_id: str) -> None:
        """Add the search for a tax ID."""
        hits = "r.id IN (SELECT request_id FROM request_search WHERE tax_id = :tax_id)"
        self.statements["tax"] = (f"{hits} ORDER BY r.submitted_at DESC, r.id DESC", {"tax_id": tax_id})

    def filtered(self, least: int, since: Any) -> None:
        """Add the queue from an amount and a moment on."""
        where = "r.state = 'pending' AND r.amount >= :least AND r.submitted_at >= :since ORDER BY r.due_at, r.id"
        self.statements["filter"] = (where, {"least": least, "since": since})

    def _page(self, name: str) -> str:
        where, values = self.statements[name]
        with self.engine.connect() as connection:
            index = _INDEX if self.kind == "sqlite" and name in ("queue", "queue-last") else ""
            sql = f"SELECT {_COLUMNS} FROM invoice_request r {index} WHERE {where} LIMIT 51"
            rows = connection.execute(text(sql), values).all()
        return self.template.render(rows=rows[:50])

    def _approve(self, request_id: int) -> str:
        with self.writing.begin() as connection:
            changed = connection.execute(
                text("UPDATE invoice_request SET state = 'approved' WHERE id = :id AND state = 'pending'"),
                {"id": request_id},
            )
        return render_template_string("{{ changed }}", changed=changed.rowcount)
