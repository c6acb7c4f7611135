"""Whatever a file holds, an import ends with a report and books that add up, or with one sentence."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.database import session
from backoffice.errors import Invalid
from backoffice.ledger import invariants, jobs
from backoffice.ledger.rules import REQUIRED_COLUMNS
from tests.support.databases import examples
from tests.support.office import Office, contradictions

SHANGHAI = ZoneInfo("Asia/Shanghai")
IDS = st.sampled_from(["A", "B", "C", "A\x00", "=1", "", "x" * 130, "名"])
ROWS = st.tuples(
    st.sampled_from(["recharge", "refund", "consumption", "grant", "gift"]),
    IDS,
    st.sampled_from(["lumen", "yunqi", "nobody"]),
    st.sampled_from(["completed", "pending", "failed"]),
    st.sampled_from(["1.00", "2.50", "999999999999.99", "1e3", "-1", "0", "1,5"]),
    st.sampled_from(["CNY", "USD"]),
    st.sampled_from(["2026-03-02T09:30:00+08:00", "2026/3/2 9:30", "2/3/2026", "46083"]),
    st.one_of(st.just(""), IDS),
).map(",".join)
CONTENT = st.one_of(
    st.lists(ROWS, max_size=12).map(lambda rows: "\n".join(rows).encode()),
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
)


def test_nothing_but_invalid_and_never_a_contradiction(office: Office, database: str, tmp_path: Path) -> None:
    path = tmp_path / "any.csv"

    @settings(max_examples=examples(40, database), deadline=None)
    @given(content=CONTENT, strict=st.booleans())
    def nothing_but_invalid(content: bytes, strict: bool) -> None:
        path.write_bytes(",".join(REQUIRED_COLUMNS).encode() + b"\n" + content)
        session.rollback()
        try:
            report = jobs.import_file(
                path,
                office.cast.ana.actor,
                source="platform",
                currency="CNY",
                zone=ZoneInfo("Asia/Shanghai"),
                strict=strict,
            )
        except Invalid:
            pass
        else:
            assert report.lines == sum(report.counts.values())
            list(jobs.describe(report))
        session.rollback()
        assert list(invariants.check()) == []

    nothing_but_invalid()
    assert contradictions() == []
