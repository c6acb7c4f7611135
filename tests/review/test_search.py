"""Search in the queue: what each kind of text finds, what it must not find, and how it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from backoffice.database import session
from backoffice.requests import invariants
from backoffice.requests.models import InvoiceRequest, RequestCopy
from backoffice.requests.services import recipients
from backoffice.review.queries import queue as queries
from backoffice.review.queries import search
from backoffice.review.queries.queue import Wanted
from backoffice.review.queries.views import Viewer
from tests.review.desk import NOW, Desk
from tests.review.test_queue import numbers
from tests.support.sql import plan, statements
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

LUMEN, YUNQI = {"lumen"}, {"yunqi"}


@pytest.fixture
def made(desk: Desk) -> dict[str, str]:
    """Lumen Robotics Ltd applied for 12.50 and was invoiced, 杭州云栖数据服务有限公司 for 100.00."""
    made = {"lumen": desk.apply(amount="12.50"), "yunqi": desk.apply(desk.cast.bo)}
    corrected = {"email": "ap@bills.example", "now": NOW}
    for copies in ("archive@copies.example", "BOOKS@copies.example, two@copies.example"):
        desk.run(recipients.correct, desk.cast.bo.actor, made["yunqi"], copies=copies, **corrected)
    issued = update(InvoiceRequest).where(InvoiceRequest.number == made["lumen"])
    desk.run(
        lambda: session.execute(
            issued.values(state="issued", invoice_number="INVA-2026-000000007", closed_at=NOW, issued_at=NOW)
        )
    )
    return made


FOUND_BY = {
    "云栖": YUNQI, "栖数": YUNQI, "杭州云栖数据服务有限公司": YUNQI, "云 栖": YUNQI,
    "州栖": set(), "云数": set(),
    "lumen": LUMEN, "LUMEN rob": LUMEN, "ＬＵＭＥＮ": LUMEN, "td": LUMEN, "lumenltd": set(),
    "12.5": LUMEN, "12.50": LUMEN, "12.51": set(), "100": YUNQI,
    "CNY 12.50": LUMEN, "rmb 12.50": LUMEN, "12.50元": LUMEN, "人民币12.5元整": LUMEN,
    "¥12.50": LUMEN, "CNY 12.51": set(),
    "INVA\u20112026\u2011000000007": LUMEN, "2026\u2013000000007": LUMEN,
    "91310000MA1FL0A277": LUMEN, "91310000ma1fl0a277": LUMEN, "91310000MA1FL0A27": set(),
    "91310000 MA1F L0A277": LUMEN, "９１３１００００-ma1fl0a277": LUMEN, "91310000 MA1F L0A27": set(),
    "ap@bills.example": LUMEN | YUNQI, "AP@Bills.example": LUMEN | YUNQI, "ap@bills": set(),
    "inva-2026-000000007": LUMEN, "INVA-2026-000000008": set(),
    "000007": LUMEN, "07": LUMEN, "2026-000000007": LUMEN, "a-2026-000000007": LUMEN,
    "2025-000000007": set(), "17": set(),
    "inva2026000000007": LUMEN, "2026000000007": LUMEN, "inva2026000000008": set(), "20269999": set(),
    "Books@Copies.example": YUNQI, "copies.example": set(), "archive@copies.example": set(),
    "%%": set(), "__": set(), "l_men": set(), '"x" OR': set(), "x*": set(),
    "\\\\": set(), "' --": set(),
}  # fmt: skip


@pytest.mark.parametrize("common", [1, 50], ids=["in-order", "by-index"])
def test_a_text_finds_what_it_means(
    desk: Desk, made: dict[str, str], monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(search, "COMMON", common)
    with desk.app.app_context():
        for typed, names in FOUND_BY.items():
            rows = session.execute(queries.queue(Wanted("all", search=typed), Viewer(None, NOW))).all()
            assert {row.number for row in rows} == {made[name] for name in names}, typed


@pytest.mark.parametrize("typed", ["DE123456789", "de 123-456-789", " DE 123 456 789 "])
def test_a_tax_id_of_another_country_is_found(desk: Desk, made: dict[str, str], typed: str) -> None:
    desk.spoil_tax_id(made["yunqi"], "DE123456789")
    with desk.app.app_context():
        rows = session.execute(queries.queue(Wanted("all", search=typed), Viewer(None, NOW))).all()
        assert [row.number for row in rows] == [made["yunqi"]]


@pytest.mark.parametrize("common", [1, 50], ids=["in-order", "by-index"])
@pytest.mark.parametrize("typed", ["lukasz", "Łukasz", "ŁUKASZ NOWAK", "kasz now"])
def test_a_name_is_found_without_its_strokes_and_accents(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, typed: str, common: int
) -> None:
    monkeypatch.setattr(search, "COMMON", common)
    desk.other_header(desk.cast.ada, "Łukasz Nowak")
    number = desk.apply()
    with desk.app.app_context():
        rows = session.execute(queries.queue(Wanted("all", search=typed), Viewer(None, NOW))).all()
        assert [row.number for row in rows] == [number]


def test_a_request_is_found_by_parts_of_its_number(desk: Desk, made: dict[str, str]) -> None:
    with desk.app.app_context():
        for typed, names in {
            made["lumen"][-6:]: LUMEN, made["yunqi"][5:].lower(): YUNQI, made["yunqi"][-8:]: YUNQI,
            made["yunqi"].replace("-", "\u2011"): YUNQI, made["lumen"][:11].replace("-", "\u2013"): LUMEN | YUNQI,
            made["lumen"][:11].lower(): LUMEN | YUNQI, "IR-20200101": set(),
            made["lumen"][3:11]: LUMEN | YUNQI, "20200101": set(), made["yunqi"].replace("-", "").lower(): YUNQI,
            made["lumen"][:11].replace("-", ""): LUMEN | YUNQI, f"9-{made['lumen'][-6:]}": set(),
        }.items():  # fmt: skip
            rows = session.execute(queries.queue(Wanted("all", search=typed), Viewer(None, NOW))).all()
            assert {row.number for row in rows} == {made[name] for name in names}, typed
    told = desk.run(lambda: [said for said in invariants.check() if "copies" in said])
    assert told == []
    desk.run(lambda: session.execute(delete(RequestCopy).where(RequestCopy.address == "two@copies.example")))
    told = desk.run(lambda: [said for said in invariants.check() if "copies" in said])
    assert told == [f"request {made['yunqi']}: a search for the addresses of its copies finds others"]


def test_a_request_is_found_by_its_number_inside_its_view(
    desk: Desk, visit: Callable[..., Visitor], made: dict[str, str]
) -> None:
    rita = visit(desk.cast.rita)
    assert numbers(rita, f"/review?view=all&q={made['lumen'].lower()}") == [made["lumen"]]
    assert numbers(rita, f"/review?q={made['lumen']}") == []
    assert numbers(rita, "/review?q=%E4%BA%91%E6%A0%96") == [made["yunqi"]]
    assert "Remove filter Search: 云栖" in rita.page.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [("%E4%BA%91", "Type at least 2 characters."), ("%00%01", "cannot be searched for"), ("x" * 101, "At most 100")],
)
def test_what_cannot_be_searched_for_is_said(desk: Desk, visit: Callable[..., Visitor], typed: str, told: str) -> None:
    assert told in visit(desk.cast.rita).get(f"/review?q={typed}").text


def test_a_search_costs_one_statement_more(desk: Desk, visit: Callable[..., Visitor], made: dict[str, str]) -> None:
    rita = visit(desk.cast.rita)
    with statements(desk.app) as sent:
        assert rita.get("/review?q=lumen").status_code == 200
    assert len(sent) == 4, "session, a sample of names, list, counts"
    with statements(desk.app) as sent:
        assert made["lumen"] in rita.get("/review?view=all&q=91310000%20ma1fl0a277").text
    assert len(sent) == 3, "no name looks like that: session, list, counts"


INDEXES = [
    ("云栖", "request_search_index VIRTUAL TABLE|ix_request_search_grams"),
    ("91310000MA1FL0A277", "ix_request_search_tax_id"),
    ("DE 123 456 789", "ix_request_search_tax_id"),
    ("ap@bills.example", "ix_invoice_request_email"),
    ("ap@bills.example", "sqlite_autoindex_request_copy_1|pk_request_copy"),
    ("123456", "ix_invoice_request_number_end"),
    ("123456", "ix_invoice_request_invoice_number_end"),
    ("42", "ix_invoice_request_invoice_number_end"),
    ("IR-20261123", "sqlite_autoindex_invoice_request_|uq_invoice_request_number"),
    ("20261123", "sqlite_autoindex_invoice_request_|uq_invoice_request_number"),
    ("inv2026000216", "ix_invoice_request_invoice_number_end"),
    ("12.50", "ix_invoice_request_amount"),
]


def test_an_index_serves_each_kind(desk: Desk, database: str, made: dict[str, str], subtests: pytest.Subtests) -> None:
    for typed, index in INDEXES:
        with subtests.test(f"{typed} by {index}"):
            with desk.app.app_context():
                wanted = Wanted("all", search=typed)
                order = [each.desc() for each, _ in wanted.order]
                asked = queries.queue(wanted, Viewer(None, NOW)).order_by(*order).limit(51)
                used = plan(asked, database, bitmaps=True)
            sqlite_index, _, postgresql_index = index.partition("|")
            if database == "sqlite":
                assert "SCAN invoice_request" not in used, used
                assert sqlite_index in used, used
            else:
                assert "Seq Scan" not in used, used
                assert (postgresql_index or sqlite_index) in used, used


def test_a_name_is_read_by_its_pairs(desk: Desk, database: str, made: dict[str, str]) -> None:
    with desk.app.app_context():
        if database == "postgresql":  # an index of this kind answers with a bitmap only
            session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
            sql = "EXPLAIN " + str(
                search.named("云栖").compile(session.connection(), compile_kwargs={"literal_binds": True})
            ).replace("%%", "%")
            used = "\n".join(str(row) for row in session.connection().exec_driver_sql(sql.replace("%", "%%")))
            assert "ix_request_search_grams" in used, used
        else:
            assert "request_search_index VIRTUAL TABLE" in plan(search.named("云栖"), database)
        assert (
            session.scalar(select(InvoiceRequest.number).where(InvoiceRequest.id.in_(search.named("云栖"))))
            == (made["yunqi"])
        )
