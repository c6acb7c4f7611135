"""What is read out of mails that came back, in the shapes that servers send, and out of what only looks like one."""

from __future__ import annotations

import time

import pytest

from backoffice.delivery import bounces
from backoffice.delivery.bounces import READ_BYTES, Finding, Report, Verdict
from tests.delivery import reports
from tests.delivery.no_reports import NO_REPORTS
from tests.delivery.reports import ID, RECIPIENT

_HEAVY = 3.0  # seconds; a hundred times what it takes


def found(mail: str, recipient: str = RECIPIENT) -> Finding | None:
    report = bounces.read(mail.encode())
    assert report is not None
    assert report.message_ids == (ID,)
    return report.about(recipient)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("server", reports.FAILURES)
def test_a_failure_is_read_with_the_servers_words(server: str, line_end: str) -> None:
    mail, words = reports.FAILURES[server]
    finding = found(mail.replace("\n", line_end))
    assert finding is not None
    assert finding.verdict is Verdict.FAILED
    assert words in finding.words
    assert "\n" not in finding.words


@pytest.mark.parametrize("server", reports.DELAYS)
def test_a_delay_is_no_failure(server: str) -> None:
    mail, words = reports.DELAYS[server]
    finding = found(mail)
    assert finding is not None
    assert finding.verdict is Verdict.DELAYED
    assert words in finding.words


def test_a_mail_that_arrived_is_reported_as_that() -> None:
    finding = found(reports.ARRIVED)
    assert finding is not None
    assert finding.verdict is Verdict.ARRIVED


@pytest.mark.parametrize("kind", NO_REPORTS)
def test_what_people_and_their_machines_answer_is_no_report(kind: str) -> None:
    assert bounces.read(NO_REPORTS[kind].encode()) is None


def test_a_report_on_a_mail_of_others_names_none_of_ours() -> None:
    report = bounces.read(reports.FOREIGN.encode())
    assert report is not None
    assert report.message_ids == ()


TWO = reports.POSTFIX.replace(
    "Action: failed",
    "Action: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; copy@lumen.example\nAction: failed",
)


def test_each_recipient_of_a_report_has_its_own_verdict() -> None:
    for recipient, verdict in ((RECIPIENT, Verdict.ARRIVED), ("Copy@Lumen.example", Verdict.FAILED)):
        finding = found(TWO, recipient)
        assert finding is not None
        assert finding.verdict is verdict
    assert found(TWO, "third@lumen.example") is None


def test_a_mail_that_was_sent_on_is_reported_under_the_other_name() -> None:
    finding = found(reports.POSTFIX, "everybody@lumen.example")
    assert finding is not None
    assert finding.verdict is Verdict.FAILED


def test_without_an_action_the_status_decides() -> None:
    for status, verdict in (("5.1.1", Verdict.FAILED), ("4.4.1", Verdict.DELAYED)):
        mail = reports.POSTFIX.replace("Action: failed\n", "").replace("Status: 5.1.1", f"Status: {status}")
        finding = found(mail)
        assert finding is not None
        assert finding.verdict is verdict


def test_an_expired_retry_is_a_failure_whatever_its_status() -> None:
    finding = found(reports.POSTFIX.replace("Status: 5.1.1", "Status: 4.4.7"))
    assert finding is not None
    assert finding.verdict is Verdict.FAILED


def test_without_a_diagnosis_the_text_speaks() -> None:
    mail = reports.EXIM.replace("Diagnostic-Code: smtp; 550 No such user here", "X-Nothing: here")
    finding = found(mail)
    assert finding is not None
    assert "550 No such user" in finding.words


def test_the_text_may_be_missing_or_in_html_alone() -> None:
    mail = reports.EXIM_PLAIN.replace("Auto-Submitted", "Content-Type: text/html\nAuto-Submitted").replace(
        "could not be delivered", "could <b>not</b> be delivered"
    )
    report = bounces.read(mail.encode())
    assert report is not None
    assert report.findings[0].verdict is Verdict.FAILED
    silent = bounces.read(f"From: mailer-daemon@x.example\nIn-Reply-To: {ID}\n\n".encode())
    assert silent == Report()


def nested(depth: int) -> str:
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return f"From: mailer-daemon@x.example\n{opened}\n\ndeep\n"


def chained(depth: int) -> str:
    return "From: mailer-daemon@x.example\n" + "Content-Type: message/rfc822\n\n" * depth + "end\n"


HOSTILE = {
    "empty": b"",
    "noise": bytes(range(256)) * 200,
    "no line end": b"a" * READ_BYTES,
    "nested": nested(9000).encode(),
    "nested in capitals": nested(9000).replace("multipart", "MultiPart").encode(),
    "nested as far as it is read": nested(38).encode(),
    "mails in mails": chained(9000).encode(),
    "unknown charset": reports.EXIM_PLAIN.replace(
        "Auto-Submitted", "Content-Type: text/plain; charset=klingon\nAuto-Submitted"
    ).encode(),
    "charset that is no text": reports.EXIM_PLAIN.replace(
        "Auto-Submitted", "Content-Type: text/plain; charset=zip\nAuto-Submitted"
    ).encode(),
    "charset that is slow": b"From: mailer-daemon@x\nContent-Type: text/plain; charset=punycode\n\n" + b"zq9-" * 99999,
    "wrong bytes": reports.EXIM_PLAIN.encode().replace(b"unknown", b"\xff\xfe\x00"),
    "wrong base64": b"From: mailer-daemon@x\nContent-Transfer-Encoding: base64\n\n" + b"=A" * 9999,
    "uuencoded": b"From: mailer-daemon@x\nContent-Transfer-Encoding: x-uuencode\n\nbegin 666 x\n\xff\n",
    "many headers": b"X-A: b\n" * 70000 + reports.POSTFIX.encode(),
    "many recipients": reports.POSTFIX.encode().replace(
        b"Action: failed", b"Action: failed\n\n" + b"Final-Recipient: rfc822; a@b.c\nAction: failed\n\n" * 9000
    ),
    "dashes": b"From: mailer-daemon@x\n\n" + (b"-" * 5000 + b"\n") * 90,
    "at signs": b"From: mailer-daemon@x\n\n" + b"a@" * 200000,
    "brackets": b"From: mailer-daemon@x\nContent-Type: text/html\n\n" + b"<a" * 200000,
    "address field": b"From: x\nX-Failed-Recipients: " + b"a" * 300000 + b"\n\nundeliverable",
    "boundary without an end": reports.GMAIL.encode()[:1500],
    "list for a boundary": b"Content-Type: multipart/report; boundary*0*=%FF'; boundary*1=x; report-type=x\n\n--x",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_mail_ends_soon_and_raises_nothing(case: str) -> None:
    began = time.process_time()
    report = bounces.read(HOSTILE[case])
    assert time.process_time() - began < _HEAVY
    if report is not None:
        report.about(RECIPIENT)
        assert all(len(finding.words) <= 1000 for finding in report.findings)


def test_a_report_is_found_before_the_whole_of_a_huge_document(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = reports.EXIM.replace("--=_b--", "\n" + ("A" * 76 + "\n") * 200_000 + "\n--=_b--")
    assert len(mail) > 20 * READ_BYTES
    began = time.process_time()
    finding = found(mail)
    assert time.process_time() - began < _HEAVY
    assert finding is not None
    assert finding.verdict is Verdict.FAILED
