"""A connection to the mail server that cannot hang, and speaks TLS only to the server it means.

Flask-Mail's own connection has no time-out and does not check certificates (design/reliability.md), so it only builds
the messages. Here every read has a socket time-out, every delivery a total deadline, and certificates are verified.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from email.utils import parseaddr
from types import TracebackType

from backoffice.config import Settings
from backoffice.delivery.rules import AddressError, MessageState, Outcome, envelope_address, reply_outcome

_QUIT_SECONDS = 2.0


class Unreachable(Exception):
    """No session with the server came about; the text says why. It is no verdict on any message."""


class Connection:
    """One mail session, opened when first needed and kept for a batch. Not for use by several threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = envelope_address(parseaddr(settings.mail_default_sender)[1])
        self._client: _Client | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def send(self, recipient: str, mime: bytes) -> Outcome:
        """Hand `mime` to the server for one recipient and return its verdict; never raises for what a server does.

        It takes at most `mail_deadline_seconds`. No answer after the data means deferred: the server may have taken the
        message, and the repeat with the same Message-ID lets the reader's side recognise it.
        """
        try:
            address = envelope_address(recipient)
        except AddressError as error:
            return Outcome(MessageState.FAILED, f"not sent: {error}")
        deadline = _Deadline(self._settings.mail_deadline_seconds)
        try:
            with deadline:
                return self._deliver(self._ready(deadline), address, mime)
        except Unreachable as error:
            self._drop()
            return Outcome(MessageState.DEFERRED, str(error), broken_off=True)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            why = "the time for one delivery is over" if deadline.passed else _in_words(error)
            return Outcome(MessageState.DEFERRED, why, broken_off=True)

    def close(self) -> None:
        """Say goodbye to the server, briefly, and close."""
        if self._client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException), _Deadline(_QUIT_SECONDS) as deadline:
                deadline.watch(self._client.lever)
                self._client.quit()
        self._drop()

    def _ready(self, deadline: _Deadline) -> _Client:
        """The kept session if it still answers, otherwise a new one. Raises Unreachable."""
        if self._client is not None:
            deadline.watch(self._client.lever)
            try:
                if self._client.rset()[0] == 250:
                    return self._client
            except (OSError, smtplib.SMTPException):
                pass  # servers end idle sessions; nothing was handed over, so a new one is safe
            self._drop()
        try:
            self._client = _Client.open(self._settings, self._sender.rpartition("@")[2], deadline)
        except (OSError, smtplib.SMTPException) as error:
            why = "the time for one delivery is over" if deadline.passed else _in_words(error)
            raise Unreachable(f"no session with the mail server: {why}") from error
        return self._client

    def _deliver(self, client: _Client, address: str, mime: bytes) -> Outcome:
        code, answer = client.mail(self._sender)
        if code == 250:
            code, answer = client.rcpt(address)
        if code not in (250, 251):
            return self._verdict(code, answer)
        try:
            code, answer = client.data(mime)
        except smtplib.SMTPDataError as error:
            code, answer = error.smtp_code, _bytes(error.smtp_error)
        return self._verdict(code, answer)

    def _verdict(self, code: int, answer: bytes) -> Outcome:
        if code in (421, -1):
            self._drop()
        return reply_outcome(code, answer.decode("utf-8", "replace"))

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


class _Deadline:
    """A timer that shuts the watched socket down, so that whatever read or write waits on it ends with an error."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._lever: socket.socket | None = None
        self.passed = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._lever = None

    @property
    def seconds_left(self) -> float:
        """What is left of the time, never below a millisecond (zero would make a socket non-blocking)."""
        return max(self._ends - time.monotonic(), 0.001)

    def watch(self, lever: socket.socket) -> None:
        """Shut this socket down when the time is over, or now when it is."""
        with self._lock:
            self._lever = lever
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            if self._lever is not None:
                with contextlib.suppress(OSError):
                    self._lever.shutdown(socket.SHUT_RDWR)


class _Client(smtplib.SMTP):
    """smtplib's client on a socket that a deadline can shut down at any point, also amid a TLS handshake.

    `lever` is a duplicate of the TCP socket: the original is swallowed by the TLS layer and by makefile().
    """

    lever: socket.socket

    def __init__(self, settings: Settings, name: str, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._tls = settings.mail_security == "tls"
        # Reading the system's authorities takes a tenth of a second: not for a line that is not encrypted.
        self._context = None if settings.mail_security == "none" else _tls_context(settings)
        super().__init__(
            settings.mail_server, settings.mail_port, local_hostname=name, timeout=settings.mail_timeout_seconds
        )

    @classmethod
    def open(cls, settings: Settings, name: str, deadline: _Deadline) -> _Client:
        """Connect, secure the line as the settings say, and sign in. Raises OSError or SMTPException."""
        client = cls(settings, name, deadline)
        try:
            if settings.mail_security == "starttls":
                client.starttls(context=client._context)
            client.ehlo_or_helo_if_needed()
            if settings.mail_username:
                client.login(settings.mail_username, settings.mail_password.get_secret_value())
        except BaseException:
            client.close()
            raise
        return client

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = _connect(host, port, timeout, self._deadline)
        self.lever = connected.dup()
        self._deadline.watch(self.lever)
        if not self._tls or self._context is None:
            return connected
        try:
            return self._context.wrap_socket(connected, server_hostname=host)
        except BaseException:
            connected.close()
            self.lever.close()
            raise

    def close(self) -> None:
        """Close both ends of the socket."""
        super().close()
        if hasattr(self, "lever"):
            self.lever.close()


def _connect(host: str, port: int, timeout: float, deadline: _Deadline) -> socket.socket:
    """A TCP connection to the first address of `host` that answers, all tries together within the deadline."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        candidate = socket.socket(family, kind, protocol)
        candidate.settimeout(min(timeout, deadline.seconds_left))
        try:
            candidate.connect(address)
        except OSError as error:
            candidate.close()
            failure = error
            continue
        candidate.settimeout(timeout)
        # A mail and its answer take turns: held back until the last piece is acknowledged, each took 40 ms longer.
        candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return candidate
    raise failure


def _tls_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.mail_ca_file) if settings.mail_ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode()


def _in_words(error: Exception) -> str:
    """An error as a line for the operator: what happened, and the server's words where it said any."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_bytes(error.smtp_error).decode('utf-8', 'replace')}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}"
