"""Addresses, headers, retries: the decisions that need no server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.delivery import rules
from backoffice.delivery.rules import MessageState, Outcome

NOW = datetime(2026, 3, 6, tzinfo=UTC)
DEFERRED = Outcome(MessageState.DEFERRED, "451 later")


@pytest.mark.parametrize(
    ("address", "envelope"),
    [
        ("ada@lumen.example", "ada@lumen.example"),
        ("a.b+c@sub.lumen.example", "a.b+c@sub.lumen.example"),
        ("o'hara@lumen.example", "o'hara@lumen.example"),
        ("ada@例子.example", "ada@xn--fsqu00a.example"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_usable_addresses(address: str, envelope: str) -> None:
    assert rules.envelope_address(address) == envelope


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@lumen.example",
        "ada@",
        "艾达@lumen.example",
        "ada@lumen.example,bo@yunqi.example",
        "ada@lumen.example bo@yunqi.example",
        "ada@lumen.example\r\nBcc: all@evil.example",
        "ada@lumen.example\nRCPT TO:<all@evil.example>",
        "<ada@lumen.example>",
        "Ada <ada@lumen.example>",
        "ada..b@lumen.example",
        ".ada@lumen.example",
        "ada@lumen..example",
        "ada@-lumen.example",
        "ada@lumen.example\x00",
        "a" * 65 + "@lumen.example",
        "ada@" + "a" * 64 + ".example",
        "ada@" + ".".join(["a" * 60] * 5),
        '"a b"@lumen.example',
    ],
)
def test_unusable_addresses(address: str) -> None:
    with pytest.raises(rules.AddressError):
        rules.envelope_address(address)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Invoice\r\nBcc: all@evil.example", "Invoice Bcc: all@evil.example"),
        ("a\u2028b\u2029c\x0bd\x85e", "a b c d e"),
        ("a\u202eb\u200bc\ufeff", "abc"),
        ("  光明\t科技  ", "光明 科技"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_header_is_one_visible_line(text: str, line: str) -> None:
    assert rules.one_line(text) == line


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("INV-2026-000001.pdf", "INV-2026-000001.pdf"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ('a"; filename="b.exe', "a-; filename=-b.exe"),
        ("a\r\nX-Evil: 1.pdf", "a X-Evil- 1.pdf"),
        ("发票.pdf", "发票.pdf"),
        ("", "document.pdf"),
        (None, "document.pdf"),
    ],
)
def test_attachment_names(name: str | None, safe: str) -> None:
    assert rules.attachment_name(name) == safe


@pytest.mark.parametrize(
    ("code", "state"),
    [
        *((250, "accepted"), (251, "accepted"), (421, "deferred"), (450, "deferred"), (452, "deferred")),
        *((550, "failed"), (552, "failed"), (554, "failed"), (530, "deferred"), (354, "deferred"), (-1, "deferred")),
    ],
)
def test_what_a_reply_means(code: int, state: str) -> None:
    assert rules.reply_outcome(code, "words") == Outcome(MessageState(state), f"{code} words")


def test_retries_grow_sparser_and_end_after_three_days() -> None:
    waits, at = [], NOW
    for attempt in range(1, 50):
        state, again_at = rules.next_attempt(DEFERRED, attempt, at)
        if state is MessageState.FAILED:
            break
        waits.append(again_at - at)
        at = again_at
    assert [wait / timedelta(minutes=1) for wait in waits[:5]] == [1, 5, 15, 60, 240]
    assert waits == sorted(waits)
    assert timedelta(days=2, hours=20) < at - NOW <= timedelta(days=3)
    assert attempt == rules.MAX_ATTEMPTS == len(waits) + 1


@pytest.mark.parametrize("state", [MessageState.ACCEPTED, MessageState.FAILED])
def test_a_final_answer_is_not_retried(state: MessageState) -> None:
    assert rules.next_attempt(Outcome(state, "x"), 1, NOW) == (state, NOW)


@pytest.mark.parametrize(("locale", "known"), [("zh", "zh"), ("zh_CN", "zh"), ("en", "en"), ("fr", "en"), ("", "en")])
def test_mails_have_two_languages(locale: str, known: str) -> None:
    assert rules.known_locale(locale) == known
