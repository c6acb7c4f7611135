"""Hashing of passwords: argon2id, and an answer that takes equally long whether the person exists or not."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backoffice.accounts.rules import MAX_PASSWORD, normal_password

# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. A sign-in costs some 30 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """The argon2id hash of `password` with its parameters and salt, ready to be stored."""
    return _hasher.hash(_encoded(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether `password` is the one behind `password_hash`; a damaged hash matches nothing."""
    if len(password) > MAX_PASSWORD * 4:
        password = ""  # no password is that long: spend the usual time on a wrong one, not more
    try:
        return _hasher.verify(password_hash, _encoded(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's and should be made anew at the next sign-in."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def dummy() -> str:
    """A hash nobody knows the password of: checked for unknown people, so that their absence takes the same time."""
    return hashed(secrets.token_urlsafe(32))


def _encoded(password: str) -> bytes:
    return normal_password(password).encode("utf-8", "surrogatepass")
