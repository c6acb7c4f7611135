"""The money of one account as a child would keep it: lists that are gone through anew for every question.

Nothing here is shared with the product: no counters, no locks, no indexes, whole cents as plain integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class SlowRefund:
    """Money that went back, or will: pending ones count for nothing; `taken` ones are taken off their recharge.

    `missing` are the requests whose money it took, and what of it found no other recharge.
    """

    name: str
    of: str
    cents: int
    status: str
    taken: bool = False
    missing: dict[str, int] = field(default_factory=dict)


@dataclass
class SlowRecharge:
    """Money that came in; `taken` is what refunds took off it."""

    name: str
    cents: int
    status: str
    when: datetime
    taken: int = 0

    @property
    def left(self) -> int:
        """What was paid and not refunded."""
        return self.cents - self.taken


@dataclass
class SlowRequest:
    """An application: which recharges give how much, in the order in which they came."""

    name: str
    cents: int
    state: str = "pending"
    parts: dict[str, int] = field(default_factory=dict)
    credited: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether money is reserved for it."""
        return self.state in ("pending", "approved")

    @property
    def short(self) -> int:
        """What of its money is missing."""
        return self.cents - sum(self.parts.values()) if self.holds else 0


@dataclass
class SlowBooks:
    """Recharges in the order of their time, requests in the order of their submission."""

    recharges: list[SlowRecharge] = field(default_factory=list)
    requests: list[SlowRequest] = field(default_factory=list)
    refunds: list[SlowRefund] = field(default_factory=list)  # in the order in which they were first told
    aside: dict[str, int] = field(default_factory=dict)  # grants and consumption: never invoiceable

    # --- questions ---

    def completed(self) -> list[SlowRecharge]:
        """Recharges that are money, oldest first; of one moment, in the order in which they were told."""
        return sorted((each for each in self.recharges if each.status == "completed"), key=lambda each: each.when)

    def spoken_for(self, recharge: SlowRecharge, *states: str) -> int:
        """What requests in these states take from a recharge."""
        return sum(
            each.parts.get(recharge.name, 0) - each.credited.get(recharge.name, 0)
            for each in self.requests
            if each.state in states
        )

    def free(self, recharge: SlowRecharge) -> int:
        """What nobody has spoken for; below zero when it was refunded after it was invoiced."""
        return recharge.left - self.spoken_for(recharge, "pending", "approved", "issued")

    def figures(self) -> dict[str, int]:
        """The seven figures of the reconciliation."""
        money = self.completed()
        return {
            "recharged": sum(each.cents for each in money),
            "refunded": sum(each.cents - each.left for each in money),
            "free": sum(max(0, self.free(each)) for each in money),
            "reserved": sum(each.cents for each in self.requests if each.holds),
            "invoiced": sum(
                each.cents - sum(each.credited.values()) for each in self.requests if each.state == "issued"
            ),
            "debt": sum(max(0, -self.free(each)) for each in money),
            "short": sum(each.short for each in self.requests),
        }

    def invoiceable(self) -> int:
        """What may be applied for."""
        now = self.figures()
        return max(0, now["recharged"] - now["refunded"] - now["reserved"] - now["invoiced"])

    def waiting(self, of: str) -> list[SlowRefund]:
        """Completed refunds of a recharge that are not taken off it, in the order in which they will be."""
        return [each for each in self.refunds if each.of == of and each.status == "completed" and not each.taken]

    def not_invoiceable(self) -> tuple[int, int, int, int]:
        """What is in process, what refunds wait with, grants and consumption."""
        return (
            sum(each.cents for each in self.recharges if each.status == "pending"),
            sum(each.cents for each in self.refunds if each.status == "completed" and not each.taken),
            self.aside.get("grant", 0),
            self.aside.get("consumption", 0),
        )

    # --- what happens ---

    def recharge(self, name: str, cents: int, status: str, when: datetime) -> str:
        """The platform tells of a recharge."""
        recharge = SlowRecharge(name, cents, "pending", when)
        self.recharges.append(recharge)
        if status != "pending":
            self.finish(recharge, status, when)
        return "added"

    def finish(self, recharge: SlowRecharge, status: str, when: datetime) -> str:
        """A pending recharge comes to its end; refunds that waited for it are taken off, oldest first."""
        if recharge.status != "pending":
            # Completed money has its date for good: told again with another one, it is a conflict.
            agrees = recharge.status == status and (status == "failed" or recharge.when == when)
            return "unchanged" if agrees else "conflict"
        recharge.status, recharge.when = status, when
        if status == "completed":
            for refund in self.waiting(recharge.name):
                self.take(recharge, refund)
            self.cover()
        return "updated"

    def may_refund(self, name: str, cents: int) -> bool:
        """Refunds above their recharge are refused; before their recharge nobody can know."""
        recharge = next((each for each in self.recharges if each.name == name), None)
        if recharge is None:
            return True
        room = recharge.left
        for refund in self.waiting(name):
            room -= refund.cents if refund.cents <= room else 0  # one that does not fit waits, and takes no room
        return cents <= room

    def refund(self, recharge: str, name: str, cents: int, status: str) -> str:
        """The platform tells of a refund."""
        if status != "failed" and not self.may_refund(recharge, cents):
            return "refused"
        self.refunds.append(SlowRefund(name, recharge, cents, "pending"))
        if status != "pending":
            self.finish_refund(name, status)
        return "added"

    def finish_refund(self, name: str, status: str) -> str:
        """A pending refund comes to its end; one that waits in vain may fail."""
        refund = next(each for each in self.refunds if each.name == name)
        if refund.status == "failed" or refund.taken or refund.status == status:
            return "unchanged" if refund.status == status else "conflict"
        if status == "completed" and not self.may_refund(refund.of, refund.cents):
            return "conflict"
        refund.status = status
        recharge = next((each for each in self.recharges if each.name == refund.of), None)
        if recharge is not None and (status, recharge.status) == ("completed", "completed"):
            self.take(recharge, refund)
        return "updated"

    def put_aside(self, kind: str, cents: int) -> str:
        """The platform tells of a grant or of consumption."""
        self.aside[kind] = self.aside.get(kind, 0) + cents
        return "added"

    def take(self, recharge: SlowRecharge, refund: SlowRefund) -> None:
        """Take one refund off: free money first, then reservations, newest first; what is invoiced stays."""
        if refund.cents > recharge.left:
            return  # told before its recharge, and above it: it waits for somebody to look
        refund.taken, recharge.taken = True, recharge.taken + refund.cents
        for request in reversed(self.requests):
            missing = -self.free(recharge)
            if missing > 0 and request.holds and recharge.name in request.parts:
                lost = min(missing, request.parts[recharge.name])
                request.parts[recharge.name] -= lost
                request.parts = {each: part for each, part in request.parts.items() if part}
                before = request.short
                self.find(request, lost)
                refund.missing[request.name] = lost - (before - request.short)

    def find(self, request: SlowRequest, wanted: int) -> None:
        """Give a request money, from the oldest free recharge on."""
        for recharge in self.completed():
            part = min(wanted, max(0, self.free(recharge)))
            if part:
                request.parts[recharge.name] = request.parts.get(recharge.name, 0) + part
                wanted -= part

    def cover(self) -> None:
        """Money that became free goes to short requests, oldest first."""
        for request in self.requests:
            self.find(request, request.short)

    def apply(self, name: str, cents: int) -> None:
        """A customer applies."""
        request = SlowRequest(name, cents)
        self.requests.append(request)
        self.find(request, cents)

    def close(self, request: SlowRequest, state: str) -> None:
        """Reject or withdraw: its money is free again."""
        request.state = state
        request.parts = {}
        self.cover()

    def credit(self, request: SlowRequest, parts: dict[str, int]) -> bool:
        """A credit note: false when it names nothing, or more than is left of what the invoice took."""
        left = {name: cents - request.credited.get(name, 0) for name, cents in request.parts.items()}
        if request.state != "issued" or not parts or any(cents > left.get(name, 0) for name, cents in parts.items()):
            return False
        for name, cents in parts.items():
            request.credited[name] = request.credited.get(name, 0) + cents
        self.cover()
        return True
