"""How files are written is found out, said, and never guessed in silence; what damages a line costs that line alone."""

from __future__ import annotations

import io
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.errors import Invalid
from backoffice.ledger.rules import REQUIRED_COLUMNS, Line
from backoffice.ledger.services import encodings, reading
from backoffice.ledger.services.reading import BadLine

HEAD = ",".join((*REQUIRED_COLUMNS, "description"))
GOOD = "recharge,P-{n},lumen,completed,1000.50,CNY,2026-03-02T09:30:00+08:00,,{description}"


def content(*descriptions: str, head: str = HEAD) -> str:
    """A file with one recharge for each description."""
    return "\r\n".join([head, *(GOOD.format(n=n, description=each) for n, each in enumerate(descriptions)), ""])


def read(raw: bytes) -> tuple[reading.Shape, list[Line | BadLine]]:
    """All of a file."""
    file = io.BytesIO(raw)
    facts = encodings.examine(file)
    assert facts.size == len(raw)
    shape = reading.shape(file, facts.encoding)
    return shape, list(reading.Reader(file, shape, currency="CNY", zone=ZoneInfo("Asia/Shanghai")))


def described(raw: bytes) -> tuple[str, list[str]]:
    """The encoding found, and the descriptions or reasons."""
    shape, lines = read(raw)
    return shape.encoding, [each.description if isinstance(each, Line) else str(each.reason) for each in lines]


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-bom"), ("utf-16", "utf-16-le"), ("gb18030", "gb18030")],
)
def test_the_encodings_of_spreadsheets_are_told_apart(codec: str, encoding: str) -> None:
    assert described(content("模型调用", "top-up").encode(codec)) == (encoding, ["模型调用", "top-up"])


def test_utf_16_of_the_other_order_is_read_too() -> None:
    assert described(b"\xfe\xff" + content("模型调用").encode("utf-16-be")) == ("utf-16-be", ["模型调用"])


def test_a_file_that_mixes_two_encodings_is_refused_by_line() -> None:
    mixed = content("模型调用").encode() + GOOD.format(n=9, description="模型调用").encode("gb18030") + b"\r\n"
    assert described(mixed) == ("utf-8", ["模型调用", "not UTF-8 text; save the whole file as CSV UTF-8"])


def test_a_western_name_does_not_make_a_file_chinese() -> None:
    for name in ("Müller", "café", "Åse Ærø", "KÄÖ GmbH", "Ölhändler Böß"):
        encoding, reasons = described(content(name, "plain").encode("cp1252"))
        assert (encoding, reasons[1]) == ("utf-8", "plain")
        assert reasons[0].startswith("not UTF-8 text"), name


def test_other_writing_of_the_east_is_not_taken_for_chinese() -> None:
    korean, japanese = "주식회사 한국전자 김철수 서울특별시", "株式会社サンプル データセンター利用料"
    for text, codec in ((korean, "euc-kr"), (japanese, "euc-jp"), (japanese, "shift-jis"), ("繁體中文發票", "big5")):
        encoding, reasons = described(content(text, "plain").encode(codec))
        assert (encoding, reasons) == ("utf-8", ["not UTF-8 text; save the whole file as CSV UTF-8", "plain"]), codec


def test_a_guessed_encoding_gives_values_to_look_at() -> None:
    names = ("上海流明机器人有限公司", "模型调用", "充值", "模型调用", "云启")
    facts = encodings.examine(io.BytesIO(content(*names).encode("gb18030")))
    assert (facts.encoding, facts.samples) == ("gb18030", ("上海流明机器人有限公司", "模型调用", "充值"))
    assert encodings.examine(io.BytesIO(content(*names).encode())).samples == ()


def test_a_broken_byte_costs_its_line_alone_in_a_chinese_file() -> None:
    raw = (
        content("模型调用", "账户充值", "云启科技").encode("gb18030").replace("云启".encode("gb18030"), b"\xd4\xc6\xff")
    )
    reason = "not GB18030 text; save the whole file as CSV UTF-8"
    assert described(raw) == ("gb18030", ["模型调用", "账户充值", reason])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_last_line_without_an_end_is_seen(codec: str) -> None:
    whole = content("模型调用", "充值")
    for text, unended in ((whole, False), (whole.removesuffix("\r\n"), True)):
        assert encodings.examine(io.BytesIO(text.encode(codec))).unended == unended


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_comes_from_the_head_alone(delimiter: str) -> None:
    shape, (line,) = read(content("a|b").replace(",", delimiter).encode())
    assert (shape.delimiter, isinstance(line, Line)) == (delimiter, True)


@pytest.mark.parametrize(("delimiter", "clear"), [(",", True), (";", False), ("\t", False)])
def test_a_comma_in_an_amount_is_clear_only_between_commas(delimiter: str, clear: bool) -> None:
    raw = content("x").replace(",", delimiter).replace("1000.50", '"1,234"').encode()
    _, (line,) = read(raw)
    assert isinstance(line, Line) == clear


def test_an_amount_with_a_decimal_comma_makes_the_commas_of_the_whole_file_unclear() -> None:
    """The line that tells may stand behind the one that cannot be judged alone."""
    rows = [GOOD.format(n=n, description="x").replace("1000.50", amount) for n, amount in enumerate(
        ('"1,500"', '"1,500.00"', '"12,50"', "7.00"))]  # fmt: skip
    _, lines = read("\n".join([HEAD, *rows, ""]).encode())
    assert [isinstance(line, Line) for line in lines] == [False, True, False, True]
    assert "in this file the comma may mean decimals" in str(lines[0].reason)  # type: ignore[union-attr]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoted", ["all", "head", "one name"])
def test_values_may_all_be_quoted(delimiter: str, quoted: str) -> None:
    head, *lines = content("a plain word").splitlines()
    cells = [line.split(",") for line in (head, *lines)]
    for at, row in enumerate(cells):
        row[:] = [
            f'"{cell}"' if quoted == "all" or (at == 0 and (quoted == "head" or place == 0)) else cell
            for place, cell in enumerate(row)
        ]
    raw = "\r\n".join([*(delimiter.join(row) for row in cells), ""]).encode()
    shape, (line,) = read(raw)
    assert (shape.delimiter, isinstance(line, Line)) == (delimiter, True)


@pytest.mark.parametrize("place", ["between two lines", "within a value"])
def test_a_line_break_of_an_old_macintosh_is_named(place: str) -> None:
    raw = content("x", "y").encode()
    first = raw.index(b"\r\n", raw.index(b"\r\n") + 1)
    raw = (
        raw[:first] + b"\r" + raw[first + 2 :] if place == "between two lines" else raw.replace(b"lumen", b"lu\rmen", 1)
    )
    _, lines = read(raw)
    assert isinstance(lines[0], BadLine)
    assert "old Macintosh" in str(lines[0].reason)


def test_names_of_columns_may_be_padded_and_in_capitals_and_unknown_ones_are_said() -> None:
    head = HEAD.replace("kind", " Kind ").replace("account", "ACCOUNT") + ",Note,"
    shape, (line,) = read(content("x,mine,", head=head).encode())
    assert isinstance(line, Line)
    assert shape.ignored == ("Note",)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xff\xfea", "UTF-16 text and does not go on so"),
        (content("x").encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (content("x", head=HEAD + ",amount").encode(), "twice: amount"),
        (content("x", head=HEAD.replace("kind", "类型")).encode(), "lacks the columns kind"),
        (b"a" * 70_000, "too long"),
        (content("x").replace("\r\n", "\r").encode(), "old Macintosh. Save it as CSV UTF-8"),
        (content(*["x"] * 2000).replace("\r\n", "\r").encode(), "old Macintosh. Save it as CSV UTF-8"),
        (b"\xe9\xff\n", "not UTF-8 text"),
        (content("x", head='"' + HEAD).encode(), "quotation marks of the line with the names"),
    ],
)
def test_what_is_no_ledger_file_is_refused_whole(raw: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(raw)


def numbered(*ids: str, refund_of: str = "") -> bytes:
    """A file of recharges with these ids, and of a refund of `refund_of`."""
    rows = [GOOD.format(n=0, description="x").replace("P-0", each) for each in ids]
    if refund_of:
        rows.append(f"refund,F-1,lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,{refund_of},")
    return "\n".join([HEAD, *rows, ""]).encode()


def refused(raw: bytes) -> list[int]:
    """The numbers of lines that are refused because a spreadsheet has rounded an id."""
    bad = [each for each in read(raw)[1] if isinstance(each, BadLine)]
    assert all("only zeros after 15 figures" in str(each.reason) for each in bad)
    return [each.number for each in bad]


def test_ids_that_a_spreadsheet_has_rounded_are_refused_by_line() -> None:
    assert refused(numbered("620260302001712000")) == [2]
    assert refused(numbered("R-1", "620260302001712000", "R-2", "620260302001712000")) == [3, 5]
    assert refused(numbered("620260302001712345", "620260302001713000", "620260302001714567")) == [3]
    assert refused(numbered(*(f"620260302001{n}0" for n in range(100, 120)))) == [*range(2, 22)]
    assert refused(numbered("R-1", refund_of="620260302001712000")) == [3]


def test_ids_that_end_in_zeros_by_chance_are_read() -> None:
    assert refused(numbered("6202603020017120", "6202603020017121")) == []
    assert refused(numbered(*(f"620260302001{n}" for n in range(1000, 1100)))) == []
    assert refused(numbered(*(f"6202603020017{n}" for n in range(11000, 13000)))) == []
    assert refused(numbered("6202603020017121", refund_of="6202603020017120")) == []
    assert refused(numbered('"=""620260302001712000"""', "'620260302001713000")) == []


def test_ids_are_judged_by_all_of_the_file_wherever_reading_begins() -> None:
    file = io.BytesIO(numbered("6202603020017121", "6202603020017122", "6202603020017130"))
    shape = reading.shape(file, "utf-8")
    (rest,) = reading.Reader(file, shape, currency="CNY", zone=ZoneInfo("Asia/Shanghai"), after=3)
    assert isinstance(rest, Line)


def test_blank_lines_and_lines_of_delimiters_are_passed_over() -> None:
    raw = content("x") + "\r\n,,,,,,,,\r\n" + GOOD.format(n=5, description="y") + "\r\n"
    _, lines = read(raw.encode())
    assert [each.number for each in lines] == [2, 5]


def test_a_description_with_line_breaks_is_one_record() -> None:
    _, lines = read(content('"harmless\nrecharge\nend"', "after").encode())
    assert [(each.number, each.external_id) for each in lines] == [(2, "P-0"), (5, "P-1")]
    assert isinstance(lines[0], Line)
    assert lines[0].description == "harmless recharge end"


def test_entries_between_two_quotation_marks_are_all_refused_and_counted() -> None:
    entries = [GOOD.format(n=n, description=each) for n, each in enumerate(['"Foo', "plain", 'Baz"', "after"], 1)]
    _, lines = read("\n".join([HEAD, *entries, ""]).encode())
    reason = "quotation marks join lines 2 to 4, and one of these reads as an entry"
    assert [str(each.reason) if isinstance(each, BadLine) else each.external_id for each in lines] == [reason] * 3 + [
        "P-4"
    ]
    assert [each.number for each in lines] == [2, 3, 4, 5]


def test_no_line_of_a_forged_description_is_booked_by_itself() -> None:
    for inner in (GOOD.format(n=666, description=""), GOOD.format(n=666, description="").removesuffix(",")):
        _, lines = read(content(f'"harmless\n{inner}\nend"', "after").encode())
        assert [each.external_id for each in lines if isinstance(each, Line)] == ["P-1"]
        assert [each.number for each in lines] == [2, 3, 4, 5]


def test_no_other_value_than_a_description_holds_line_breaks() -> None:
    head = ",".join((*REQUIRED_COLUMNS, "payer_name", "description"))
    _, lines = read(content('"Foo\nBar",x', "y,z", head=head).encode())
    assert [each.number for each in lines] == [2, 3, 4]
    assert "only a description may have several" in str(lines[0].reason)  # type: ignore[union-attr]
    assert isinstance(lines[2], Line)


def cut_line(row: str, *columns: str) -> Line | BadLine:
    """The only line of a file with these columns behind the required ones, as it stands: with or without its end."""
    (line,) = read((",".join((*REQUIRED_COLUMNS, *columns)) + "\n" + row).encode())[1]
    return line


REQUIRED = "recharge,P-1,lumen,completed,12345.67,CNY,2026-03-02T09:30:00+08:00"


def test_only_optional_values_may_be_missing_at_the_end_of_a_line() -> None:
    assert isinstance(cut_line(f"{REQUIRED},\n", "channel", "description"), Line)
    for row in (REQUIRED, "recharge,P-1,lumen,completed,12345.67", "recharge"):
        line = cut_line(f"{row}\n", "channel")
        assert isinstance(line, BadLine)
        assert str(line.reason) == "fewer values than columns"


def test_a_last_line_that_may_be_cut_off_is_refused() -> None:
    for row, columns in (
        (f"{REQUIRED},", ("channel",)),  # a column is missing
        (REQUIRED.replace("recharge", "refund") + ",R-1", ()),  # of R-10, perhaps
    ):
        line = cut_line(row, *columns)
        assert isinstance(line, BadLine)
        assert str(line.reason) == "the file may be cut off here: end its last line with a line break"
        assert isinstance(cut_line(f"{row}\n", *columns), Line)
    amount_last = [*(name for name in REQUIRED_COLUMNS if name != "amount"), "amount"]
    row = "recharge,P-1,lumen,completed,CNY,2026-03-02T09:30:00+08:00,,12"
    (cut,), (whole,) = (read(f"{','.join(amount_last)}\n{row}{end}".encode())[1] for end in ("", "\n"))
    assert (type(cut), type(whole)) == (BadLine, Line)


def test_a_last_line_that_can_only_be_whole_is_read() -> None:
    assert isinstance(cut_line(f"{REQUIRED},"), Line)
    assert isinstance(cut_line(f"{REQUIRED},,,credit", "channel", "description"), Line)


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_excels_own_first_line_names_the_separator(first: str, codec: str) -> None:
    rows = content("a,b", "c").replace(",", ";").replace("a;b", "a,b")
    raw = f"{first}\r\n{rows}".encode(codec)
    shape, lines = read(raw)
    assert (shape.delimiter, shape.head_line) == (";", 2)
    assert [(each.number, isinstance(each, Line)) for each in lines] == [(3, True), (4, True)]


def test_a_separator_that_is_none_of_ours_is_refused_whole() -> None:
    with pytest.raises(Invalid, match="no comma, semicolon or tab"):
        read(b"sep=|\n" + content("x").replace(",", "|").encode())


def test_a_value_in_a_column_without_a_name_is_refused() -> None:
    _, (fine, bad) = read(content("x,", "y,stray", head=HEAD + ",").encode())
    assert isinstance(fine, Line)
    assert isinstance(bad, BadLine)
    assert (str(bad.reason), bad.told["description"]) == ("a value stands in a column without a name", "y")


def test_reading_goes_on_behind_a_line() -> None:
    file = io.BytesIO(content(*"abcdef").encode())
    shape = reading.shape(file, "utf-8")
    options = {"currency": "CNY", "zone": ZoneInfo("Asia/Shanghai")}
    first = reading.Reader(file, shape, **options)  # type: ignore[arg-type]
    taken = [each.number for each in islice(first, 3)]
    rest = reading.Reader(file, shape, after=first.line, **options)  # type: ignore[arg-type]
    assert (taken, first.line, [each.number for each in rest]) == ([2, 3, 4], 4, [5, 6, 7])


CELLS = st.sampled_from(
    ['"', '""', ",", ";", "\t", "\n", "\r", "recharge", "refund", "P-1", "P-2", "lumen", "completed", "1.00", "1,5",
     "CNY", "2026-03-02", "3/2/2026", "46083.39", "6.2E+17", "\x00", "名", "=1+1", "\ufffd"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=400), st.lists(CELLS, max_size=80).map(lambda cells: "".join(cells).encode())))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_anything_but_invalid(raw: bytes) -> None:
    for prefix in (b"", HEAD.encode() + b"\n", b"\xef\xbb\xbf" + HEAD.replace(",", ";").encode() + b"\n"):
        try:
            _, lines = read(prefix + raw)
        except Invalid:
            continue
        assert all(isinstance(each, Line | BadLine) for each in lines)
