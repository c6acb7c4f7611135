"""The password policy and the arithmetic of throttling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.accounts import passwords
from backoffice.accounts.rules import ATTEMPT_WINDOW, browser_name, locked_until, password_faults

ADA = {"email": "ada.wong@lumen.example", "name": "Ada Wong"}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "password",
    ["invoice-demo-2026", "four words make sense", "我的發票密碼很長很長很長的", "x7$" * 4, "w" * 128 + "orld" * 32],
)
def test_long_passwords_need_no_digits_or_signs(password: str) -> None:
    assert password_faults(password, **ADA) == []


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("", "at least 12"),
        ("short", "at least 12"),
        ("elevenchars", "at least 12"),
        ("x" * 257 + "y", "at most 256"),
        ("password1234", "guessed"),
        ("PASSWORD1234", "guessed"),
        ("qwertyuiop[]", "guessed"),
        ("ｐａｓｓｗｏｒｄ１２３４", "guessed"),
        ("aaaaaaaaaaaa", "guessed"),
        ("abababababab", "guessed"),
        ("abcdefghijklmn", "guessed"),
        ("zyxwvutsrqpon", "guessed"),
        ("ada.wong@lumen.example", "secret"),
        ("Ada Wong 123456", "secret"),
        ("adawongadawong", "secret"),
        ("backoffice-2026", "secret"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, word: str) -> None:
    [fault] = password_faults(password, **ADA)
    assert word in str(fault)


def test_every_keyboard_types_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 au lait noir", "cafe\u0301 au lait noir"
    assert passwords.matches(passwords.hashed(composed), decomposed)


def test_hashes_are_salted_argon2id_of_the_recommended_strength(full_strength: None) -> None:
    first, second = passwords.hashed("invoice-demo-2026"), passwords.hashed("invoice-demo-2026")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.is_outdated(first)
    assert passwords.is_outdated(first.replace("t=2", "t=1"))


@pytest.mark.parametrize("text", ["", "wrong", "invoice-demo-2027", "\ud800", "\x00", "x" * 5_000_000])
def test_other_passwords_match_nothing(text: str) -> None:
    assert not passwords.matches(passwords.hashed("invoice-demo-2026"), text)


def test_a_damaged_hash_matches_nothing() -> None:
    assert not passwords.matches("", "invoice-demo-2026")
    assert not passwords.matches("$argon2id$broken", "invoice-demo-2026")


def test_nobody_knows_the_password_behind_the_dummy() -> None:
    assert not passwords.matches(passwords.dummy(), "")
    assert passwords.dummy() == passwords.dummy()
    assert passwords.dummy().split("$")[3] == passwords.hashed("x").split("$")[3]


def test_a_lock_ends_when_the_oldest_of_the_last_failures_leaves_the_window() -> None:
    failures = [NOON + timedelta(minutes=minute) for minute in (7, 0, 3, 1, 5)]
    assert locked_until(failures[:4], 5) is None
    assert locked_until(failures, 5) == NOON + ATTEMPT_WINDOW
    later = [*failures, NOON + timedelta(minutes=9)]
    assert locked_until(later, 5) == NOON + timedelta(minutes=1) + ATTEMPT_WINDOW


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15",
            "Safari, macOS",
        ),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_two_words(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
