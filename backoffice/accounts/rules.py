"""What a password must be and when guessing is stopped: decisions without a database.

Passwords follow NIST SP 800-63B-4, section 3.1.1.2: length instead of composition rules, no expiry, a list of refused
ones, and Unicode normalised before anything is compared.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from backoffice.errors import N_, Message

# Looked for in this order: browsers name their ancestors too.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip

MIN_PASSWORD = 12
# Long enough for any passphrase; a limit at all because hashing costs time in proportion.
MAX_PASSWORD = 256

ATTEMPT_WINDOW = timedelta(minutes=15)
FAILURES_PER_EMAIL = 5
# An office may share one address: many people mistype there, one guesser still gets nowhere.
FAILURES_PER_ADDRESS = 30

TOUCH_AFTER = timedelta(minutes=1)

# Acts on a person, as the audit log names them.
DEACTIVATED, REACTIVATED = "user.deactivated", "user.reactivated"

# Of the lists of leaked passwords, only those long enough to pass the first rule matter here.
_COMMON = frozenset(
    """
    123456789012 1234567890123 123456789123 123123123123 112233445566 098765432109 987654321098 0123456789ab
    passwordpassword password1234 password12345 password123456 password2026! mypassword123 newpassword123
    qwertyuiopas qwertyuiop[] qwertyuiop12 qwertyuiop123 qwerty123456 qwertyqwerty qazwsxedcrfv 1q2w3e4r5t6y
    1qaz2wsx3edc 1qazxsw23edc asdfghjkl123 asdfghjklqwe zxcvbnmasdfg abcdefghijkl abcdefg12345 abcd12345678
    abc123abc123 administrator adminadminadmin admin1234567 adminadmin123 letmeinletmein letmein12345
    welcome12345 welcomewelcome iloveyou1234 iloveyouiloveyou ihavenopassword changemechangeme changeme1234
    changeme12345 trustno1trustno1 computer1234 internet1234 football1234 baseball1234 superman1234 sunshine1234
    princess1234 dragondragon correcthorsebatterystaple woaini123456 woaini520520 woaini1314520 5201314520131
    a123456789012 aa1234567890
    """.split()  # noqa: SIM905 - a column of strings would be a page long
)


def normal_password(password: str) -> str:
    """The form in which a password is measured, hashed and compared: NFKC, so that every keyboard types the same."""
    return unicodedata.normalize("NFKC", password)


def password_faults(password: str, *, email: str, name: str) -> list[Message]:
    """Why `password` may not be used by this person; empty when it may."""
    normal = normal_password(password)
    if len(normal) < MIN_PASSWORD:
        return [
            Message(N_("Use at least %(count)d characters. Several words make a good password."), count=MIN_PASSWORD)
        ]
    if len(normal) > MAX_PASSWORD:
        return [Message(N_("Use at most %(count)d characters."), count=MAX_PASSWORD)]
    folded = normal.casefold()
    if folded in _COMMON or _is_pattern(folded):
        return [Message(N_("This password is among the first that are guessed. Choose another one."))]
    if _bare(folded) in {_bare(own) for own in _own_words(email, name)}:
        return [Message(N_("Your name or email is no secret. Choose another password."))]
    return []


def _is_pattern(folded: str) -> bool:
    """One or two characters over and over, or a run such as abcdefghijklm."""
    steps = {ord(after) - ord(before) for before, after in pairwise(folded)}
    return len(set(folded)) <= 2 or steps in ({1}, {-1})


def _own_words(email: str, name: str) -> list[str]:
    words = [email, email.partition("@")[0], name, "backoffice"]
    return [repeated for word in words for repeated in (word.casefold(), word.casefold() * 2)]


def _bare(text: str) -> str:
    """Only letters, so that digits and signs around a name do not make it a secret."""
    return "".join(character for character in text if character.isalpha())


def locked_until(failures: Sequence[datetime], limit: int) -> datetime | None:
    """When the next attempt is taken, given the times of recent failures; None when one is taken now.

    Only the latest `limit` failures count: as soon as the oldest of them leaves the window, one more try is free.
    """
    if len(failures) < limit:
        return None
    return sorted(failures)[-limit] + ATTEMPT_WINDOW


def browser_name(user_agent: str) -> str:
    """A browser in two words for people ("Firefox, Windows"); what nobody knows is given back cut short."""
    known = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in known if name) or user_agent[:40]
