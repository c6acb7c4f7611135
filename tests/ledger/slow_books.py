"""The money of one account as a child would keep it: lists that are gone through anew for every question.

Nothing here is shared with the product: no counters, no locks, no indexes, whole cents as plain integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class SlowRecharge:
    """Money that came in; `told` are the refunds of it that the platform completed, `taken` those taken off."""

    name: str
    cents: int
    status: str
    when: datetime
    told: list[tuple[str, int]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """What was paid and not refunded."""
        return self.cents - sum(cents for name, cents in self.told if name in self.taken)


@dataclass
class SlowRequest:
    """An application: which recharges give how much, in the order in which they came."""

    name: str
    cents: int
    state: str = "pending"
    parts: dict[str, int] = field(default_factory=dict)

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
    early: dict[str, list[tuple[str, int]]] = field(default_factory=dict)  # refunds told before their recharge

    # --- questions ---

    def completed(self) -> list[SlowRecharge]:
        """Recharges that are money, oldest first; of one moment, in the order in which they were told."""
        return sorted((each for each in self.recharges if each.status == "completed"), key=lambda each: each.when)

    def spoken_for(self, recharge: SlowRecharge, *states: str) -> int:
        """What requests in these states take from a recharge."""
        return sum(each.parts.get(recharge.name, 0) for each in self.requests if each.state in states)

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
            "invoiced": sum(each.cents for each in self.requests if each.state == "issued"),
            "debt": sum(max(0, -self.free(each)) for each in money),
            "short": sum(each.short for each in self.requests),
        }

    def invoiceable(self) -> int:
        """What may be applied for."""
        now = self.figures()
        return max(0, now["recharged"] - now["refunded"] - now["reserved"] - now["invoiced"])

    # --- what happens ---

    def recharge(self, name: str, cents: int, status: str, when: datetime) -> None:
        """The platform tells of a recharge."""
        recharge = SlowRecharge(name, cents, "pending", when, told=self.early.pop(name, []))
        self.recharges.append(recharge)
        if status != "pending":
            self.finish(recharge, status, when)

    def finish(self, recharge: SlowRecharge, status: str, when: datetime) -> None:
        """A pending recharge comes to its end; refunds that waited for it are taken off, oldest first."""
        recharge.status, recharge.when = status, when
        if status == "completed":
            for name, _ in recharge.told:
                self.take(recharge, name)
            self.cover()

    def may_refund(self, name: str, cents: int) -> bool:
        """Refunds above their recharge are refused; before their recharge nobody can know."""
        recharge = next((each for each in self.recharges if each.name == name), None)
        if recharge is None:
            return True
        room = recharge.cents
        for _, told in recharge.told:
            room -= told if told <= room else 0  # one that does not fit waits, and takes no room
        return cents <= room

    def refund(self, recharge_name: str, name: str, cents: int) -> None:
        """The platform tells of a completed refund."""
        recharge = next((each for each in self.recharges if each.name == recharge_name), None)
        if recharge is None:
            self.early.setdefault(recharge_name, []).append((name, cents))
            return
        recharge.told.append((name, cents))
        if recharge.status == "completed":
            self.take(recharge, name)

    def take(self, recharge: SlowRecharge, name: str) -> None:
        """Take one refund off: free money first, then reservations, newest first; what is invoiced stays."""
        cents = dict(recharge.told)[name]
        if cents > recharge.left:
            return  # told before its recharge, and above it: it waits for somebody to look
        recharge.taken.append(name)
        for request in reversed(self.requests):
            missing = -self.free(recharge)
            if missing > 0 and request.holds and recharge.name in request.parts:
                lost = min(missing, request.parts[recharge.name])
                request.parts[recharge.name] -= lost
                request.parts = {each: part for each, part in request.parts.items() if part}
                self.find(request, lost)

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
