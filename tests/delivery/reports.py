"""Mails that come back, written in the shapes that well-known servers send. `ID` stands for the Message-ID of ours."""

from __future__ import annotations

import base64

ID = "<0123456789abcdef0123456789abcdef@mail.backoffice.local>"
RECIPIENT = "ada@lumen.example"

_ORIGINAL = f"""\
Received: from worker.backoffice.example by mx.backoffice.example; Fri, 6 Mar 2026 11:00:01 +0800
Content-Type: multipart/mixed; boundary="==inner=="
MIME-Version: 1.0
Subject: Invoice INV-2026-000001 for Lumen
From: invoices@backoffice.example
To: {RECIPIENT}
Message-ID: {ID}
"""


def _report(headers: str, text: str, status: str, original: str, original_type: str = "message/rfc822") -> str:
    return f"""\
{headers}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

This is a MIME-encapsulated message.

--=_b
Content-Type: text/plain; charset=us-ascii

{text}

--=_b
Content-Type: message/delivery-status

{status}

--=_b
Content-Type: {original_type}

{original}

--=_b--
"""


_POSTFIX = "From: MAILER-DAEMON@mx.backoffice.example (Mail Delivery System)\nAuto-Submitted: auto-replied"
_POSTFIX_STATUS = f"""\
Reporting-MTA: dns; mx.backoffice.example
X-Postfix-Queue-ID: 4FxYz12345
X-Postfix-Sender: rfc822; invoices@backoffice.example
Arrival-Date: Fri,  6 Mar 2026 11:00:01 +0800 (CST)

Final-Recipient: rfc822; {RECIPIENT}
Original-Recipient: rfc822;{RECIPIENT}
"""
POSTFIX = _report(
    _POSTFIX + "\nSubject: Undelivered Mail Returned to Sender",
    f"<{RECIPIENT}>: host mx.lumen.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
    _POSTFIX_STATUS
    + """\
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.lumen.example
Diagnostic-Code: smtp; 550 5.1.1 <ada@lumen.example>: Recipient address
    rejected: User unknown in local recipient table""",
    _ORIGINAL,
    "text/rfc822-headers",
)
POSTFIX_DELAY = _report(
    _POSTFIX + "\nSubject: Delayed Mail (still being retried)",
    "This is the mail system. # THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #",
    _POSTFIX_STATUS
    + """\
Action: delayed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mx.lumen.example[192.0.2.1]:25: Connection timed out
Will-Retry-Until: Wed, 11 Mar 2026 11:00:01 +0800 (CST)""",
    _ORIGINAL,
    "text/rfc822-headers",
)
EXIM = _report(
    f"From: Mail Delivery System <Mailer-Daemon@exim.backoffice.example>\nX-Failed-Recipients: {RECIPIENT}\n"
    "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender",
    f"This message was created automatically by mail delivery software.\n\n  {RECIPIENT}\n    550 No such user",
    f"""\
Reporting-MTA: dns; exim.backoffice.example

Action: failed
Final-Recipient: rfc822;{RECIPIENT}
Status: 5.0.0
Remote-MTA: dns; mx.lumen.example
Diagnostic-Code: smtp; 550 No such user here""",
    _ORIGINAL,
)
EXIM_PLAIN = f"""\
From: Mail Delivery System <Mailer-Daemon@exim.backoffice.example>
X-Failed-Recipients: {RECIPIENT}
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {RECIPIENT}
    SMTP error from remote mail server after RCPT TO:<{RECIPIENT}>:
    host mx.lumen.example [192.0.2.1]: 550 5.1.1 unknown mailbox

------ This is a copy of the message, including all the headers. ------

{_ORIGINAL}
Your mail could not be read: delivery will continue to be delayed.
"""
EXIM_WARNING = f"""\
From: Mail Delivery System <Mailer-Daemon@exim.backoffice.example>
Auto-Submitted: auto-replied
Subject: Warning: message 1abc23-000456-AB delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on exim.backoffice.example.

The message identifier is:     1abc23-000456-AB
In-Reply-To of ours:           {ID}
The address to which the message has not yet been delivered is:

  {RECIPIENT}
    host mx.lumen.example [192.0.2.1]: 451 try again later

No action is required on your part. Delivery attempts will continue for
some time.
"""
EXCHANGE = f"""\
From: <postmaster@lumen.example>
To: <invoices@backoffice.example>
Subject: Undeliverable: Invoice INV-2026-000001 for Lumen
Content-Language: en-GB
In-Reply-To: {ID}
References: {ID}
Auto-Submitted: auto-generated
X-MS-Exchange-Message-Is-Ndr:
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="f00dbabe-0001"

--f00dbabe-0001
Content-Type: multipart/alternative; differences=Content-Type; boundary="f00dbabe-0002"

--f00dbabe-0002
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Delivery has failed to these recipients or groups:

{RECIPIENT}<mailto:{RECIPIENT}>
The email address you entered couldn't be found.

--f00dbabe-0002
Content-Type: text/html; charset="us-ascii"

<html><body><p>Delivery has failed</p></body></html>

--f00dbabe-0002--

--f00dbabe-0001
Content-Type: message/delivery-status

Reporting-MTA: dns;SG2PR01MB0001.apcprd01.prod.exchangelabs.com
Received-From-MTA: dns;mx.backoffice.example
Arrival-Date: Fri, 6 Mar 2026 03:00:05 +0000

Original-Recipient: rfc822;{RECIPIENT}
Final-Recipient: rfc822;a.lovelace@lumen.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Ada

--f00dbabe-0001
Content-Type: message/rfc822

{_ORIGINAL}
--f00dbabe-0001--
"""
GMAIL = f"""\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: invoices@backoffice.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {ID}
In-Reply-To: {ID}
X-Failed-Recipients: {RECIPIENT}
Message-ID: <69aa.050a0220.1.GMR@mx.google.com>
Content-Type: multipart/report; boundary="000000000000aa"; report-type=delivery-status

--000000000000aa
Content-Type: multipart/related; boundary="000000000000bb"

--000000000000bb
Content-Type: multipart/alternative; boundary="000000000000cc"

--000000000000cc
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to {RECIPIENT} because the address couldn't be found.

--000000000000cc--
--000000000000bb
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--000000000000bb--
--000000000000aa
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; invoices@backoffice.example
X-Original-Message-ID: {ID}

Final-Recipient: rfc822; {RECIPIENT}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.26, the server for the domain lumen.example.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces. gsmtp
Last-Attempt-Date: Thu, 05 Mar 2026 19:00:05 -0800 (PST)

--000000000000aa
Content-Type: message/rfc822

{_ORIGINAL}
--000000000000aa--
"""
SENDMAIL = _report(
    "From: Mail Delivery Subsystem <MAILER-DAEMON@sendmail.backoffice.example>\n"
    "Subject: Returned mail: see transcript for details\nAuto-Submitted: auto-generated (failure)",
    f"   ----- The following addresses had permanent fatal errors -----\n<{RECIPIENT}>\n"
    "    (reason: 552 5.2.2 Mailbox full)",
    f"""\
Reporting-MTA: dns; sendmail.backoffice.example
Received-From-MTA: DNS; worker.backoffice.example
Arrival-Date: Fri, 6 Mar 2026 11:00:01 +0800

Final-Recipient: RFC822; {RECIPIENT}
Action: failed
Status: 5.2.2
Remote-MTA: DNS; mx.lumen.example
Diagnostic-Code: SMTP; 552 5.2.2 Mailbox full
Last-Attempt-Date: Fri, 6 Mar 2026 11:00:03 +0800""",
    _ORIGINAL,
)
QMAIL = f"""\
From: MAILER-DAEMON@qmail.backoffice.example
Subject: failure notice

Hi. This is the qmail-send program at qmail.backoffice.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{RECIPIENT}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <invoices@backoffice.example>
{_ORIGINAL}
"""
_CHINESE = f"很抱歉，您的邮件被退回。\n收件人 {RECIPIENT}\n无法投递：用户不存在\n原邮件 {ID}\n"


def _chinese(text: str) -> str:
    return f"""\
From: PostMaster@qq.example
Subject: =?gb18030?B?z7XNs83L0MU=?=
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

{base64.encodebytes(text.encode("gb18030")).decode()}
"""


CHINESE = _chinese(_CHINESE)
INTERNATIONAL = f"""\
From: MAILER-DAEMON@mx.backoffice.example
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8

未能送达
--=_b
Content-Type: message/global-delivery-status

Reporting-MTA: dns; mx.backoffice.example

Final-Recipient: utf-8; {RECIPIENT}
Action: failed
Status: 5.6.7
Diagnostic-Code: smtp; 553 5.6.7 用户不存在
--=_b
Content-Type: message/global-headers

{_ORIGINAL}
--=_b--
"""

FAILURES = {
    "Postfix": (POSTFIX, "550 5.1.1 <ada@lumen.example>: Recipient address rejected: User unknown in local"),
    "Exim": (EXIM, "550 No such user here"),
    "Exim, plain": (EXIM_PLAIN, "550 5.1.1 unknown mailbox"),
    "Exchange": (EXCHANGE, "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    "Gmail": (GMAIL, "550-5.1.1 The email account that you tried to reach does not exist."),
    "Sendmail": (SENDMAIL, "552 5.2.2 Mailbox full"),
    "qmail": (QMAIL, "Sorry, no mailbox here by that name. (#5.1.1)"),
    "Chinese": (CHINESE, "用户不存在"),
    "RFC 6533": (INTERNATIONAL, "553 5.6.7 用户不存在"),
}
DELAYS = {
    "Postfix": (POSTFIX_DELAY, "Connection timed out"),
    "Exim": (EXIM_WARNING, "451 try again later"),
}
ARRIVED = POSTFIX.replace("Action: failed", "Action: delivered").replace("5.1.1", "2.1.5")
FOREIGN = POSTFIX.replace(ID, "<4f2a9d@elsewhere.example>")


def naming(mail: str, message_id: str) -> str:
    """The mail as it comes back for another one of ours."""
    return _chinese(_CHINESE.replace(ID, message_id)) if mail == CHINESE else mail.replace(ID, message_id)
