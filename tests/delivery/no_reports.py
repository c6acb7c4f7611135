"""Mails that look like reports on a delivery and are none: absences, receipts, letters. As in `reports`."""

from __future__ import annotations

from tests.delivery.reports import ID, POSTFIX, RECIPIENT

# With the mail's own address in every field where a careless reader would look for it.
NO_REPORTS = {
    "out of office, Exchange": f"""\
From: Ada <{RECIPIENT}>
Return-Path: <>
Subject: Automatic reply: Invoice INV-2026-000001 for Lumen
In-Reply-To: {ID}
References: {ID}
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All

I am away. Mail to {RECIPIENT} could not be delivered to my deputy; answers are delayed.
""",
    "out of office, Chinese": f"""\
From: {RECIPIENT}
Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSN?=
In-Reply-To: {ID}
Auto-Submitted: auto-replied
Precedence: auto_reply
Content-Type: text/plain; charset=utf-8

我正在休假，邮件暂未处理，无法投递的邮件请联系同事。
""",
    "out of office of a postmaster": f"""\
From: postmaster@lumen.example
Subject: Out of office
In-Reply-To: {ID}
Auto-Submitted: auto-replied

I am on leave until Monday.
""",
    "absence of a postmaster in words of a failure": f"""\
From: postmaster@lumen.example
Subject: Automatic reply: Invoice
In-Reply-To: {ID}
Auto-Submitted: auto-replied
Precedence: bulk

I am out of the office. This mailbox is full and not read; delivery failed to reach me.
""",
    "autoreply under the subject of a failure": f"""\
From: postmaster@lumen.example
Subject: Delivery failed
In-Reply-To: {ID}
Auto-Submitted: auto-replied
X-Autoreply: yes

The user cannot be reached this week.
""",
    "read receipt": f"""\
From: {RECIPIENT}
Subject: Read: Invoice
In-Reply-To: {ID}
Content-Type: multipart/report; report-type=disposition-notification; boundary=r

--r
Content-Type: text/plain

Your message was deleted unread: it could not be delivered to a reader.
--r
Content-Type: message/disposition-notification

Final-Recipient: rfc822;{RECIPIENT}
Original-Message-ID: {ID}
Disposition: automatic-action/MDN-sent-automatically; deleted
--r--
""",
    "letter": f"""\
From: Ada <{RECIPIENT}>
Subject: Re: Invoice
In-Reply-To: {ID}

My last mail was undeliverable, a permanent error. Is this the right address?
""",
    "report that a person sends on": f"""\
From: Ada <{RECIPIENT}>
Subject: Fwd: Undelivered
Content-Type: multipart/mixed; boundary=outside

--outside
Content-Type: text/plain

What does this mean?
--outside
Content-Type: message/rfc822

{POSTFIX}
--outside--
""",
}
