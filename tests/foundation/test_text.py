"""What people paste becomes text that can be printed, or a sentence that says why not."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.text import TextError, clean, clean_email, clean_emails, clean_name, hidden_characters, normalised

ANYTHING = st.text(st.characters(), max_size=60)  # surrogates, private use and unassigned included


def refusal(value: str, **options: object) -> str:
    with pytest.raises(TextError) as caught:
        clean(value, **{"max_length": 50, **options})  # type: ignore[arg-type]
    return caught.value.message.msgid


class TestClean:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Ada\u3000", "Ada"),
            ("Cafe\u0301", "Café"),
            ("上海\u200b流明\ufeff有限\u00ad公司", "上海流明有限公司"),
            ("HT\u200d-\u200c1", "HT-1"),
            ("cost\tcentre\r\n 7120", "cost centre 7120"),
            ("one\u2028two\u0085three", "one two three"),
            ("", ""),
            (" \u200b ", ""),
            ("e\u0301\u0323\u0330\u0324", unicodedata.normalize("NFC", "e\u0301\u0323\u0330\u0324")),
        ],
    )
    def test_keeps_what_is_meant(self, typed: str, kept: str) -> None:
        assert clean(typed, max_length=50) == kept

    def test_keeps_lines_where_there_may_be_some(self) -> None:
        assert clean("\r\nfirst\r\nsecond\rthird\u2029\tfourth\n", max_length=50, multiline=True) == (
            "first\nsecond\nthird\n fourth"
        )

    @pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x9f", "\ud800", "\ue000",
                                           "\U000f0000", "\ufdd0", "\uffff", "\u0378", "\U000e0041", "\ufff9",
                                           "\u3164", "\u2800", "\u180b", "\u2d7f", "\ufffc"])  # fmt: skip
    @pytest.mark.parametrize("multiline", [False, True])
    def test_refuses_what_cannot_be_printed(self, character: str, multiline: bool) -> None:
        with pytest.raises(TextError) as caught:
            clean(f"Lumen{character}Ltd", max_length=50, multiline=multiline)
        assert str(caught.value.message) == f"Remove the character U+{ord(character):04X}; it cannot be printed."

    @pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    def test_refuses_turns_of_direction(self, character: str) -> None:
        assert refusal(f"invoice{character}fdp") == "Remove the characters that change the direction of writing."

    def test_refuses_stacked_marks_but_not_four(self) -> None:
        assert len(clean("x" + "\u0323" * 4, max_length=50)) == 5
        assert refusal("x" + "\u0323" * 5) == "Too many accents are stacked on one letter."

    def test_counts_invisible_characters_out_of_a_stack(self) -> None:
        assert refusal("x" + "\u0323\u200b" * 5) == "Too many accents are stacked on one letter."

    def test_limits_characters_after_cleaning(self) -> None:
        assert clean(" " + "字" * 50 + "\u200b ", max_length=50) == "字" * 50
        with pytest.raises(TextError) as caught:
            clean("字" * 51, max_length=50)
        assert caught.value.message.params == {"length": 51, "limit": 50}

    @pytest.mark.parametrize("unit", ["x", "\u0301", "\u200b", " ", "\n", "\0", "\u202e", "各"])
    def test_ten_megabytes_cost_nothing(self, unit: str) -> None:
        huge = unit * (10_000_000 // len(unit.encode()))
        before = time.perf_counter()
        for function in (lambda: clean(huge, max_length=500), lambda: clean_name(huge, max_length=256),
                         lambda: clean_email(huge)):  # fmt: skip
            with pytest.raises(TextError):
                function()
        assert time.perf_counter() - before < 0.1

    def test_is_linear_where_it_works(self) -> None:
        text = "Łukasz e\u0301\u0323 上海 " * 100_000
        before = time.perf_counter()
        clean(text, max_length=len(text), multiline=True)
        assert time.perf_counter() - before < 3

    @given(ANYTHING, st.booleans())
    def test_is_final_and_shows_what_it_holds(self, typed: str, multiline: bool) -> None:
        try:
            kept = clean(typed, max_length=40, multiline=multiline)
        except TextError:
            return
        assert clean(kept, max_length=40, multiline=multiline) == kept
        assert hidden_characters(kept) == []
        assert len(kept) <= 40
        assert multiline or "\n" not in kept
        assert unicodedata.is_normalized("NFC", kept)
        kept.encode()


class TestCleanName:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("上海流明（中国）有限公司", "上海流明（中国）有限公司"),
            ("Lumen (China) Ltd", "Lumen (China) Ltd"),
            ("ＬＵＭＥＮ　１２３", "LUMEN 123"),
            ("㈱ Lumen", "(株) Lumen"),
            ("（ ｱ ）", "（ ア ）"),
            ("上海⻰⻢商⼈有限公司", "上海龙马商人有限公司"),
            ("Lumen\u00a0\u00a0 Ltd", "Lumen Ltd"),
        ],
    )
    def test_unifies_forms_but_not_registered_brackets(self, typed: str, kept: str) -> None:
        assert clean_name(typed, max_length=50) == kept

    def test_limits_what_unfolds(self) -> None:
        assert len(unicodedata.normalize("NFKC", "\ufdfa")) == 18
        with pytest.raises(TextError, match="at most 10 are possible"):
            clean_name("\ufdfa", max_length=10)

    @settings(max_examples=200)
    @given(ANYTHING)
    def test_is_final(self, typed: str) -> None:
        try:
            kept = clean_name(typed, max_length=256)
        except TextError:
            return
        assert clean_name(kept, max_length=256) == kept
        assert hidden_characters(kept) == []
        assert kept.count("（") == typed.count("（")


class TestCleanEmail:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("ada@lumen.example", "ada@lumen.example"),
            ("  Ada.Lin+ap@LUMEN.Example ", "Ada.Lin+ap@lumen.example"),
            ("ada＠lumen．example", "ada@lumen.example"),
            ("ada@lumen.example\u200b", "ada@lumen.example"),
            ("caiwu@测试.example", "caiwu@xn--0zwm56d.example"),
            ("o'neil_{1}@lumen.example", "o'neil_{1}@lumen.example"),
        ],
    )
    def test_keeps_one_address(self, typed: str, kept: str) -> None:
        assert clean_email(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        ["a@lumen.example,b@lumen.example", "a@lumen.example; b@lumen.example", "a@lumen.example，b@lumen.example",
         "a@lumen.example；b@lumen.example", "a@lumen.example、b@lumen.example", "a@lumen.example b@lumen.example",
         "Ada <ada@lumen.example>", '"ada lin"@lumen.example', "ada@lumen.example\r\nBcc: eve@evil.example",
         "ada@lumen.example\n", "a@b@lumen.example", "ada@lumen.example\u2028x", "ada@lumen.example\tx"],
    )  # fmt: skip
    def test_refuses_lists_names_and_line_breaks(self, typed: str) -> None:
        with pytest.raises(TextError, match="Enter exactly one email address, without a name or a list"):
            clean_email(typed)

    @pytest.mark.parametrize("typed", ["ada", "@lumen.example", "ada@", "ada@localhost", "ada@[127.0.0.1]",
                                       "ada@-lumen.example", "ada..lin@lumen.example", "ada@lumen..example",
                                       "x" * 65 + "@lumen.example", "a@" + "x" * 260 + ".example"])  # fmt: skip
    def test_refuses_what_is_no_address(self, typed: str) -> None:
        with pytest.raises(TextError, match="This is not an email address"):
            clean_email(typed)

    def test_says_why_a_local_part_cannot_be_mailed(self) -> None:
        with pytest.raises(TextError, match="The part before @ may only hold English letters"):
            clean_email("财务@lumen.example")

    @pytest.mark.parametrize("typed", ["", "  ", "\u200b"])
    def test_asks_for_one(self, typed: str) -> None:
        with pytest.raises(TextError, match=r"Enter an email address\."):
            clean_email(typed)

    @pytest.mark.parametrize("typed", ["ada\0@lumen.example", "ada\u202e@lumen.example", "ada\ud800@lumen.example"])
    def test_refuses_hidden_characters(self, typed: str) -> None:
        with pytest.raises(TextError, match="Remove the character"):
            clean_email(typed)

    @given(st.text(st.characters(), max_size=20), st.text(st.characters(), max_size=20))
    def test_what_passes_fits_a_mail_header(self, local: str, domain: str) -> None:
        try:
            kept = clean_email(f"{local}@{domain}.example")
        except TextError:
            return
        assert kept.isascii()
        assert kept.isprintable()
        assert " " not in kept
        assert kept.count("@") == 1
        assert kept.rpartition("@")[2] == kept.rpartition("@")[2].lower()


def test_names_hidden_characters_once() -> None:
    assert hidden_characters("a\u200bb\u200bc\u202e\0\n") == [
        "U+200B ZERO WIDTH SPACE",
        "U+202E RIGHT-TO-LEFT OVERRIDE",
        "U+0000",
    ]
    assert hidden_characters("上海 Łódź\n") == []


def test_a_list_of_addresses_is_read_in_its_order_and_each_once() -> None:
    assert clean_emails(" b@x.example，a@x.example;\nB@x.example ", most=4) == ["b@x.example", "a@x.example"]
    assert clean_emails(" , ;", most=4) == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("a@x.example, nobody", "nobody: This is not an email address"),
        ("a@x.example b@x.example c@x.example", "At most 2 addresses are possible; these are 3."),
        ("a" * 5000, "is 5000 characters long"),
    ],
)
def test_a_bad_list_of_addresses_says_which(typed: str, told: str) -> None:
    with pytest.raises(TextError) as refused:
        clean_emails(typed, most=2)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Łukasz Nowak", "lukasznowak"), ("Ærø", "aero"), ("Œuvre", "oeuvre"), ("Weiß", "weiss"),
        ("Đinh Ðør", "dinhdor"),
        ("Işık", "isik"), ("İstanbul", "istanbul"), ("Zoë Müller", "zoemuller"), ("ǿ", "o"),
        ("ＬＵＭＥＮ　Ltd", "lumenltd"),
        ("云 栖", "云栖"), ("がか", "がか"), ("한국", "한국"), ("й и", "йи"), ("深圳（福田）", "深圳(福田)"),
    ],
)  # fmt: skip
def test_searches_compare_what_any_keyboard_can_type(written: str, compared: str) -> None:
    assert normalised(written) == compared
    assert normalised(compared) == compared
