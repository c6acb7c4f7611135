"""The invoice as people and programs read it: the text comes back whole, and the bytes never vary."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backoffice.errors import Invalid
from backoffice.issuing.face import DESCRIPTION_COLUMN, NET_COLUMN, PARTY_FIELDS, RATE_COLUMN, TAX_COLUMN, Face
from backoffice.issuing.pdf import checking, document, layout_v1, layout_v4, render, typeset
from backoffice.issuing.pdf.canvas import Page
from backoffice.issuing.rules import LineInput, Snapshot, TaxKind, build_snapshot
from backoffice.policies.rules import LONGEST_REASON
from tests.support import pdfs
from tests.support.invoices import Paper
from tests.support.invoices import line as paid

SELLER = {
    "name": "云台智能科技(上海)有限公司", "latin_name": "Yuntai Intelligence Technology (Shanghai) Co., Ltd.",
    "tax_id": "91310115MA1K4XQ87T", "address": "上海市浦东新区张江高科技园区博云路2号", "phone": "021-5080 1234",
    "bank": "招商银行上海张江支行", "bank_account": "1219 0876 5410 888", "email": "finance@backoffice.example",
}  # fmt: skip
BUYER = {
    "kind": "enterprise", "name": "北京流明数据科技有限公司", "tax_id": "91110108MA01C8XQ5P",
    "address": "北京市海淀区学院路35号世宁大厦12层", "phone": "010-8231 7700", "bank": "中国工商银行北京学院路支行",
    "bank_account": "0200 0062 1920 0123 456", "email": "ada@lumen.example",
}  # fmt: skip
DESCRIPTIONS = ["AI 平台账户充值", "API 调用额度 API credits", "GPU 计算时长(A100 × 8)", "Account top-up", "短信套餐包"]
TAXES = [(TaxKind.RATE, "0.06"), (TaxKind.RATE, "0.13"), (TaxKind.EXEMPT, "0"), (TaxKind.ZERO, "0")]


def make(
    lines: int = 3,
    *,
    seed: int = 1,
    language: str = "both",
    number: str | None = "INV-2026-000042",
    description: str | None = None,
    rates: int = 1,
    largest: int = 5_000_000,
    remarks: str = "合同编号 LM-2026-017。\nThank you for your business.",
    **buyer: str,
) -> Snapshot:
    """A believable snapshot; `buyer` overrides fields of the header."""
    draw = random.Random(seed)
    inputs = []
    for _ in range(lines):
        kind, rate = draw.choice(TAXES[:rates])
        inputs.append(
            LineInput(
                description=description or draw.choice(DESCRIPTIONS),
                occurred_on=date(2026, 3, 1) + timedelta(days=draw.randrange(31)),
                external_id=f"R{draw.randrange(10**8):08d}-{draw.randrange(10**6):06d}",
                gross=Decimal(draw.randrange(1, largest)) / 100,
                tax_kind=kind,
                rate=Decimal(rate),
            )
        )
    return build_snapshot(
        inputs,
        number=number,
        language=language,  # type: ignore[arg-type]
        issued_at=datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC),
        issued_on=date(2026, 4, 2),
        currency="CNY",
        seller=SELLER,
        buyer=BUYER | buyer,
        remarks=remarks,
        request_number="IR-20260401-482913",
        verify_url=f"https://backoffice.example/verify?number={number}" if number else None,
    )


def squeeze(text: str) -> str:
    return "".join(text.split())


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, without white space, by poppler where there is one."""
    if shutil.which("pdftotext") is None:
        return [squeeze(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    command = ["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"]
    text = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return [squeeze(page) for page in text.split("\f")[:-1]]


def columns_of(pdf: bytes) -> str:
    """All text in the order it was drawn: what wraps inside a cell stays together."""
    return "".join(squeeze(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_every_name_and_figure_comes_back(seed: int, language: str) -> None:
    draw = random.Random(seed)
    snapshot = make(
        draw.randrange(1, 60),
        seed=seed,
        language=language,
        rates=draw.choice([1, 4]),
        largest=10 ** draw.randrange(3, 11),
    )
    pdf = render(snapshot)
    drawn, layout = columns_of(pdf), "".join(pages_of(pdf))
    for party in (snapshot["seller"], snapshot["buyer"]):
        for field, value in party.items():
            assert field not in (*PARTY_FIELDS, "name", "latin_name") or squeeze(str(value)) in drawn
    for text in ("capitals", "words", "number", "request_number", "issued_on", "remarks"):
        assert squeeze(str(snapshot[text])) in drawn  # type: ignore[literal-required]
    for line in snapshot["lines"]:
        figures = [f"{Decimal(line[name]):,}" for name in ("quantity", "unit_price", "net")]  # type: ignore[literal-required]
        rate = f"{Decimal(line['rate']) * 100:.0f}%" if line["tax_kind"] == "rate" else ""
        row = [line["occurred_on"], line["external_id"], line["description"], *figures, rate]
        assert squeeze(f"{line['position']}{''.join(row)}") in drawn
        assert f"{Decimal(line['tax']):,}" in layout
    gross = sum(Decimal(line["gross"]) for line in snapshot["lines"])
    for total in (f"CNY{gross:,.2f}", f"{Decimal(snapshot['net']):,.2f}", f"{Decimal(snapshot['tax']):,.2f}"):
        assert total in layout


def test_the_face_says_what_it_is_and_what_it_is_not() -> None:
    for language in ("zh", "en", "both"):
        (page,) = pages_of(render(make(1, language=language)))
        assert "非税务机关发票,不得作为抵扣凭证" in page
        assert ("商业发票" in page) == (language != "en")
        assert ("CommercialInvoice" in page) == (language != "zh")
        assert ("购买方" in page, "Buyer" in page) == (language != "en", language != "zh")


@pytest.mark.parametrize(("lines", "pages"), [(1, 1), (2, 1), (40, 2), (300, 10)])
def test_many_lines_make_many_pages_each_with_head_and_number(lines: int, pages: int) -> None:
    texts = pages_of(render(make(lines)))
    assert len(texts) == pages
    for number, text in enumerate(texts, 1):
        assert f"第{number}页/共{pages}页Page{number}of{pages}" in text
        assert "INV-2026-000042" in text
        assert "充值单号" in text
    assert [("价税合计(小写)" in text, "合计Total" in text) for text in texts] == [(False, False)] * (pages - 1) + [
        (True, True)
    ]


@pytest.mark.parametrize("lines", range(8, 46))
def test_the_sums_stay_together_with_a_line_above_and_inside_the_page(lines: int) -> None:
    snapshot = make(lines, remarks="")
    last = pages_of(render(snapshot))[-1]
    assert snapshot["lines"][-1]["external_id"] in last
    assert snapshot["capitals"] in last
    canvas = document.layout_v4.draw(snapshot)
    for page in canvas.pages:
        spots = spots_of(page)
        assert len(spots) > 20
        assert all(40 <= x <= 555 and 20 <= y <= 820 for x, y in spots)


ALMOST = st.builds(lambda digits: f"{10**digits - 1}.99", st.integers(0, 11))
TAXED = st.tuples(ALMOST, st.sampled_from(list(TaxKind)), st.sampled_from(["0.055", "0.06", "0.13"]))


@given(
    st.sampled_from(["zh", "en", "both"]),
    st.lists(TAXED, min_size=1, max_size=4),
    st.sampled_from(["述", "W", "i", "Wort "]),
    st.integers(1, 255),
)
@example("zh", [("0.99", TaxKind.ZERO, "0.055"), *[("99999999999.99", TaxKind.RATE, "0.055")] * 2], "述", 1)
def test_columns_hold_what_stands_in_them_and_rows_fit_a_page(
    language: str, taxed: list[tuple[str, TaxKind, str]], character: str, length: int
) -> None:
    """Up to the largest amounts and the longest text, with every kind of tax: nothing is printed over another."""
    described = (character * length)[:length].strip()
    lines = [paid(gross, kind, rate, description=described, external_id="R" * 40) for gross, kind, rate in taxed]
    face = Face(Paper(lines, language=language).freeze())
    table = layout_v4.FittingTable(face, layout_v1.LEFT, layout_v1.RIGHT)
    columns = table.columns

    def fits(column: int, text: str, style: typeset.Style) -> bool:
        return typeset.width(text, style) <= columns[column].width + 0.01

    for row in table.rows:
        assert row.height < 600
        assert all(fits(column, text, table.cell) for column, texts in enumerate(row.cells) for text in texts)
    for sum_ in face.sums:
        assert fits(NET_COLUMN, sum_.net, table.style_of(sum_))
        assert fits(TAX_COLUMN, sum_.tax, table.style_of(sum_))
        assert all(fits(RATE_COLUMN, text, table.cell) for text in table.rate_lines(sum_.rate))
    # A text that needs less may stand in a narrower column: it is whole in it, as all are above.
    assert columns[DESCRIPTION_COLUMN].width >= min(40, typeset.width(described, table.cell))
    assert sum(column.width for column in columns) + 9 * (len(columns) - 1) == pytest.approx(layout_v1.WIDTH)


def spots_of(page: Page) -> list[tuple[float, float]]:
    """Where each text of a page begins, in points from the lower left corner."""
    begun = [before for _, before, _ in (shown for shown in page.operators if not isinstance(shown, str))]
    places = [re.search(r"BT (\S+) (\S+) Td", before) for before in begun]
    return [(float(place[1]), float(place[2])) for place in places if place]


@pytest.mark.parametrize("length", range(10, 300, 24))
def test_rows_stay_above_the_foot_of_the_page_however_tall_its_head_is(length: int) -> None:
    snapshot = make(3, name="长" * length, address="长" * 128, bank="长" * 128, description="述" * 255, remarks="ok")
    snapshot["seller"] |= {"name": "长" * length, "latin_name": "W" * 60}  # type: ignore[typeddict-item]
    pages = document.layout_v4.draw(snapshot).pages
    for page in pages:
        assert sum(y < 55.9 for _, y in spots_of(page)) == 2, "the foot alone has its two texts there"
    assert columns_of(render(snapshot)).count("述" * 255) == 3


def test_long_texts_wrap_and_lose_nothing() -> None:
    name = "上海" + "超长名称" * 48 + "有限公司"
    latin = "Przedsiębiorstwo Wielobranżowe Łódź źródło ő š " * 4
    snapshot = make(6, name=name, address=latin.strip(), description=("很长的描述 with Łódź words, " * 12).strip())
    drawn = columns_of(render(snapshot))
    assert len(name) == 198
    assert name in drawn
    assert squeeze(latin) in drawn
    assert drawn.count(squeeze(snapshot["lines"][0]["description"])) == 6


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("reasons", [3, 24])
def test_as_many_long_reasons_of_no_tax_as_a_policy_may_have_had_are_drawn_whole(language: str, reasons: int) -> None:
    """One of them keeps to its limit; what a group has are those of all its lines."""
    laws = [
        f"财税〔2016〕{number:02d}号 Cai Shui No. {number:02d}, ".ljust(LONGEST_REASON, "增")
        for number in range(reasons)
    ]
    taxed = [paid("10.00", TaxKind.EXEMPT, tax_reason=law) for law in laws]
    taxed.append(paid("10.00", TaxKind.NOT_TAXABLE, tax_reason=laws[0]))
    snapshot = Paper(taxed, language=language, remarks="ok").freeze()
    drawn = columns_of(render(snapshot))
    assert [law for law in laws if squeeze(law) not in drawn] == []
    for page in document.layout_v4.draw(snapshot).pages:
        assert all(40 <= x <= 555 and 20 <= y <= 820 for x, y in spots_of(page))


def test_a_word_without_spaces_is_broken_rather_than_cut() -> None:
    word = "W" * 300
    assert columns_of(render(make(1, description=word, name=word))).count("W" * 300) == 2


def test_a_word_the_main_face_lacks_letters_for_is_set_in_one_face() -> None:
    runs, _ = typeset.measure("Łódź 云台", True)
    assert list(runs) == [("latin-bold", "Łódź"), ("sc-bold", " 云台")]
    page = pypdf.PdfReader(io.BytesIO(render(make(1, name="Łódź Systems")))).pages[0]
    embedded = {font.get_object()["/BaseFont"].split("+")[1] for font in page["/Resources"]["/Font"].values()}
    assert embedded == {"NotoSansSC-Regular", "NotoSansSC-Bold", "NotoSans-Bold"}


@given(
    st.text(st.sampled_from("云台智能,。(（《Łódź abcdefgABC-123.,;:/@  "), min_size=1, max_size=120),
    st.floats(40, 300),
    st.booleans(),
)
def test_wrapped_lines_fit_and_keep_every_character(text: str, limit: float, bold: bool) -> None:
    style = typeset.Style(8, bold)
    lines = typeset.wrap(text, style, limit)
    assert squeeze("".join(lines)) == squeeze(text)
    assert all(typeset.width(line, style) <= limit + 1e-6 for line in lines)


def test_lines_do_not_begin_with_a_closing_mark_nor_end_with_an_opening_one() -> None:
    text = "云台智能科技(上海)有限公司、《发票》管理办法。" * 6
    lines = typeset.wrap(text, typeset.Style(8), 61)
    assert len(lines) > 10
    assert not [line for line in lines if line[0] in "、。)》" or line[-1] in "(《"]


def test_a_draft_says_so_on_every_page_and_has_no_code_to_verify() -> None:
    snapshot = make(60, number=None)
    for page in pages_of(render(snapshot)):
        assert page.count("草稿DRAFT") >= 2
        assert "INV-" not in page
    assert "扫码验真" not in columns_of(render(snapshot))
    assert "草稿" not in columns_of(render(make(60)))


def test_the_code_leads_to_the_verification_page() -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("poppler-utils is not installed")
    import zxingcpp
    from PIL import Image

    png = subprocess.run(
        ["pdftoppm", "-r", "150", "-png", "-"], input=render(make()), capture_output=True, check=True
    ).stdout
    with Image.open(io.BytesIO(png)) as image:
        found = [code.text for code in zxingcpp.read_barcodes(image)]
    assert found == ["https://backoffice.example/verify?number=INV-2026-000042"]


def test_remarks_longer_than_a_page_run_on() -> None:
    texts = pages_of(render(make(2, remarks="\n".join(f"line {n}." for n in range(80)))))
    assert len(texts) == 2
    assert "".join(f"line{n}." for n in range(24)) in texts[0]
    assert "line79." in texts[1]
    assert all(f"line{n}." in "".join(texts) for n in range(80))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("buyer.name", {"name": "流明😀科技"}),
        ("buyer.address", {"address": "𡋾路1号"}),
        ("buyer.name", {"name": "a\u0301"}),
        ("lines.1.description", {"description": "zero\u200bwidth"}),
        ("remarks", {"remarks": "ok\nbut \u202e not this"}),
    ],
)
def test_a_character_no_face_has_is_refused_by_name(field: str, changes: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        render(make(1, **changes))  # type: ignore[arg-type]
    assert list(caught.value.fields) == [field]
    assert "U+" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("buyer.name", {"name": "长" * 301}),
        ("lines.1.description", {"description": "x" * 301}),
        ("lines.1.description", {"description": "two\nlines"}),
        ("remarks", {"remarks": "x" * 2001}),
        ("lines", {"lines": checking.MAX_LINES + 1}),
    ],
)
def test_what_is_too_long_is_refused_at_once(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        render(make(**({"lines": 1} | changes)))
    assert list(caught.value.fields) == [field]


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(Invalid, match="template v0"):
        render(make() | {"template": "v0"})  # type: ignore[arg-type, typeddict-item]


def test_every_template_that_passes_the_check_is_drawn() -> None:
    assert tuple(document._TEMPLATES) == checking.TEMPLATES


def test_the_same_snapshot_gives_the_same_bytes_everywhere(tmp_path: Path) -> None:
    snapshot = make(40, rates=4, name="Łódź 云台")
    assert list(pdfs.read(render(snapshot)).files) == ["factur-x.xml"]
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(snapshot))
    code = (
        "import hashlib, json, sys; from backoffice.issuing.pdf import render;"
        "print(hashlib.sha256(render(json.load(open(sys.argv[1])))).hexdigest())"
    )
    expected = hashlib.sha256(render(snapshot)).hexdigest()
    for seed, zone, locale in (("0", "UTC", "C"), ("1", "America/Havana", "C.UTF-8"), ("2", "Asia/Shanghai", "C")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LANG": locale, "LC_ALL": locale}
        run = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, env=environment
        )
        assert run.stdout.strip() == expected


def test_threads_do_not_disturb_each_other() -> None:
    snapshots = [make(5, seed=seed, number=f"INV-2026-{seed:06d}") for seed in range(24)]
    alone = [render(snapshot) for snapshot in snapshots]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(render, snapshots)) == alone
    assert len(set(alone)) == len(alone)
