"""Whether a number without label is a bank account, or has only the form of one."""

from __future__ import annotations

import re

ACCOUNT = r"(?:[A-Z]{2}\d{2}(?: ?[0-9A-Z]{2,4}){3,7}|\d(?:[ -]?\d){7,29})"
IS_ACCOUNT = re.compile(ACCOUNT)
_MOST = 22  # figures of an account in China
_FEWEST = 9  # figures; shorter ones number customers, tickets and chats as well
# 15 figures may be a tax ID of before 2015, 18 the ID card of a person.
_TWO_THINGS = (15, 18)
# An employer of the United States, a business of Australia.
_OF_A_TAX_PAYER = re.compile(r"\d{2}-\d{7}|\d{2} \d{3} \d{3} \d{3}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")
# The banks of China's payment system (CNAPS) by the first three figures: of the state, of policy, of shareholders, of
# the country; those that begin otherwise are many and foreign.
_CLEARING = re.compile(r"(?:10[2-5]|20[1-3]|30\d|31\d|32[0-5]|40[1-3]|[5679]\d\d)\d{9}")
# The first twelve figures, with a gap or a sign behind them; or in groups.
_SET_APART = re.compile(r"(\d{12})[\W_]+")
# Twelve figures at the end of a number, a sign before them.
_BRANCH_BEHIND = re.compile(r"(?<=\d)\s?[-–—/_.·~#*]\s?(\d{12})(?!\d)")
_TWELVE = re.compile(r"(\d(?:[ -]?\d){11})[\W_]*")


def is_account(number: str) -> bool:
    """Whether a number is sure enough to be an account that it may be put there without anybody saying so."""
    if not IS_ACCOUNT.fullmatch(number) or _OF_A_TAX_PAYER.fullmatch(number):
        return False
    plain = re.sub("[ -]", "", number)
    if plain[0].isalpha():
        return _is_iban(plain)
    return len(plain) >= _FEWEST and len(plain) not in _TWO_THINGS and not is_routing(number)


def is_routing(number: str) -> bool:
    """Whether a number tells which branch a bank's money goes to: 12 figures, the last one to check the others.

    Some banks number accounts with 12 figures as well; the check tells them apart but for one in ten.
    """
    plain = re.sub("[ -]", "", number)
    return _CLEARING.fullmatch(plain) is not None and _checks(plain)


def has_form_of_routing(number: str) -> bool:
    """Whether a number has the form of a branch's, its check aside."""
    return _CLEARING.fullmatch(re.sub("[ -]", "", number)) is not None


def has_figures_of_account(number: str) -> bool:
    """Whether a number has as many figures as accounts have at least."""
    return sum(map(str.isdigit, number)) >= _FEWEST


def with_gap_before_branch(value: str) -> str:
    """The same text with a blank for the sign between an account and the branch's number behind it."""
    return _BRANCH_BEHIND.sub(lambda found: f" {found[1]}" if is_routing(found[1]) else found[0], value)


def without_branch(account: str) -> tuple[str, str]:
    """An account without the number of the bank's branch that somebody wrote in front of it, and that number.

    Nobody sets the twelve first figures of an account apart from nine others; in groups of their own, or without any
    gap, the two together are longer than any account.
    """
    front = _SET_APART.match(account)
    if front is None and sum(map(str.isdigit, account)) > _MOST:
        front = _TWELVE.match(account)
    if front is None:
        return account, ""
    branch, rest = front[1], account[front.end() :]
    return (rest, branch) if is_routing(branch) and has_figures_of_account(rest) else (account, "")


def is_another(number: str) -> bool:
    """Whether a number behind a bank is hardly its account: the branch's own, or one with letters that is no IBAN."""
    return is_routing(number) or (number[:1].isalpha() and not _is_iban(re.sub("[ -]", "", number)))


def _checks(figures: str) -> bool:
    """The check of the payment system: ISO 7064, MOD 11,10."""
    rest = 10
    for figure in figures[:-1]:
        rest = ((rest + int(figure)) % 10 or 10) * 2 % 11
    return (rest + int(figures[-1])) % 10 == 1


def _is_iban(code: str) -> bool:
    """ISO 13616: the first four symbols behind the others, letters as the numbers from 10 on, leave 1 of 97."""
    if not _IBAN.fullmatch(code):
        return False
    return int("".join(str(int(symbol, 36)) for symbol in code[4:] + code[:4])) % 97 == 1
