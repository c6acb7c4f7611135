"""What can go wrong, said once, in the words of the business.

    BackofficeError          code, message
    ├── NotFound             it is not there, or it belongs to somebody else
    ├── Forbidden            it is there, but this person may not
    ├── Invalid              input that breaks a rule: field -> messages
    ├── Conflict             somebody or something else was first
    └── Unavailable          a part we depend on cannot answer now; trying again later may help

Nothing here knows of HTTP: `web.errors` maps each class to a status in one place. Messages are English sentences
marked with `N_` and translated at the edge, where the reader's language is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar


def N_(msgid: str) -> str:  # noqa: N802 - the marker gettext tools look for
    """Mark `msgid` for the translation catalogue; the text itself is returned unchanged."""
    return msgid


class Message:
    """A sentence for people that can still be translated: an English msgid and the values it speaks of."""

    __slots__ = ("msgid", "params")

    def __init__(self, msgid: str, **params: object) -> None:
        self.msgid = msgid
        self.params = params

    def __str__(self) -> str:
        return self.written(lambda value: value)

    def written(self, write: Callable[[object], object]) -> str:
        """The English sentence with its values as `write` writes them."""
        return self.msgid % {name: write(value) for name, value in self.params.items()} if self.params else self.msgid

    def packed(self) -> str:
        """The sentence as text that keeps it translatable; `unpacked` reads it back."""
        return json.dumps(self._parts())

    def _parts(self) -> dict[str, object]:
        return {"msgid": self.msgid, "params": {name: packed(value) for name, value in self.params.items()}}

    @classmethod
    def unpacked(cls, text: str) -> Message:
        """The sentence that `packed` wrote."""
        return cls._of(json.loads(text))

    @classmethod
    def _of(cls, parts: dict[str, Any]) -> Message:
        return cls(parts["msgid"], **{name: unpacked(value) for name, value in parts["params"].items()})

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.msgid, self.params) == (other.msgid, other.params)

    def __hash__(self) -> int:
        return hash(self.msgid)


def packed(value: object) -> object:
    """A value of a sentence, as JSON holds it: a sentence stays translatable, and an instant, a day and an amount can
    still be written as the reader writes them."""
    if isinstance(value, Message):
        return value._parts()
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return {"amount": str(value)}
    return {"day": value.isoformat()} if isinstance(value, date) else str(value)


def unpacked(value: Any) -> object:
    """The value that `packed` wrote."""
    if not isinstance(value, dict):
        return value
    if "amount" in value:
        return Decimal(value["amount"])
    if "day" in value:
        return date.fromisoformat(value["day"])
    return datetime.fromisoformat(value["instant"]) if "instant" in value else Message._of(value)


class BackofficeError(Exception):
    """Root of the tree. `code` is stable and machine-readable, `message` is for people."""

    code: str = "error"
    default: ClassVar[str] = N_("Something went wrong.")

    def __init__(self, message: Message | str | None = None, *, code: str | None = None) -> None:
        if not isinstance(message, Message):
            message = Message(message or self.default)
        self.message = message
        if code is not None:
            self.code = code
        super().__init__(str(message))

    @property
    def reason(self) -> Message:
        """The one sentence that says most where there is no form to show them all."""
        return self.message


class NotFound(BackofficeError):
    """The object does not exist for this person; another's object is indistinguishable from none."""

    code = "not-found"
    default = N_("There is nothing here, or it is not yours to see.")


class Forbidden(BackofficeError):
    """The person's role, or their part in the matter, does not allow the action."""

    code = "forbidden"
    default = N_("You may not do this.")


class Invalid(BackofficeError):
    """Input that breaks a rule. `fields` maps a field's name to the sentences to show beside it."""

    code = "invalid"
    default = N_("Please correct the marked fields.")

    def __init__(
        self,
        fields: Mapping[str, Sequence[Message | str]],
        message: Message | str | None = None,
        *,
        code: str | None = None,
    ) -> None:
        self.fields: dict[str, list[Message]] = {
            name: [m if isinstance(m, Message) else Message(m) for m in messages] for name, messages in fields.items()
        }
        super().__init__(message, code=code)

    @property
    def reason(self) -> Message:
        """The first sentence beside a field."""
        return next((one for messages in self.fields.values() for one in messages), self.message)

    def __str__(self) -> str:
        details = "; ".join(f"{name}: {', '.join(map(str, messages))}" for name, messages in self.fields.items())
        return f"{self.message} ({details})" if details else str(self.message)


class Conflict(BackofficeError):
    """The state moved on: somebody else decided, or the money is gone."""

    code = "conflict"
    default = N_("Somebody else was faster. Look at the current state and try again.")


class Unavailable(BackofficeError):
    """A part this action depends on does not answer now."""

    code = "unavailable"
    default = N_("This is not available right now. Please try again in a moment.")
