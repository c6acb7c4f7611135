"""Real SMTP servers on loopback, each with one way to behave badly (and one that behaves well).

    with accepting() as server:
        ... deliver to server.host, server.port ...
    assert server.mails[0].content == ...

Every server is a thread of its own with a listening socket on a free port, and remembers what it was given.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    """What a server was given: envelope and bytes, as they came over the wire (dots unstuffed)."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Server:
    """A running server: where it listens and what it has seen."""

    host: str
    port: int
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0


# --- servers that speak SMTP well (aiosmtpd) and differ in what they answer ---


class _Handler:
    def __init__(self, server: Server, replies: dict[str, str | Callable[[str], str]]) -> None:
        self._server = server
        self._replies = replies

    def _reply(self, verb: str, argument: str, otherwise: str) -> str:
        reply = self._replies.get(verb, otherwise)
        return reply(argument) if callable(reply) else reply

    async def handle_MAIL(  # noqa: N802
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply("MAIL", address, "250 OK")
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply("RCPT", address, "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._server.mails.append(Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return self._reply("DATA", "", f"250 OK queued as {len(self._server.mails)}")


class _Controller(Controller):
    def __init__(self, server: Server, handler: _Handler, **options: Any) -> None:
        self._counted = server
        super().__init__(handler, hostname=HOST, port=free_port(), **options)

    def factory(self) -> SMTP:
        self._counted.connections += 1
        return super().factory()


@contextlib.contextmanager
def answering(
    tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, **replies: Any
) -> Iterator[Server]:
    """A server that answers the verbs in `replies` (MAIL, RCPT, DATA) with these texts, the others well.

    A reply may be a function of the address. `tls` speaks TLS from the first byte, `starttls` offers the upgrade.
    """
    server = Server(HOST, 0)
    options: dict[str, Any] = {}
    if tls is not None:
        options["ssl_context"] = tls
    if starttls is not None:
        options.update(tls_context=starttls, require_starttls=True)
    controller = _Controller(server, _Handler(server, replies), **options)
    if tls is not None:
        # aiosmtpd proves that it runs by a first connection that knows no certificates.
        controller._trigger_server = lambda: _knock(controller.port)  # type: ignore[method-assign]
    controller.start()
    # The knock of the start is no visitor.
    server.connections = 0
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


def _knock(port: int) -> None:
    socket.create_connection((HOST, port), timeout=5).close()


def accepting(**options: Any) -> contextlib.AbstractContextManager[Server]:
    """A server that takes everything."""
    return answering(**options)


# --- servers that break the rules: a plain socket and a script ---

Script = Callable[["Line"], None]


class Line:
    """One visitor's connection, as a script sees it."""

    def __init__(self, connection: socket.socket, server: Server, ended: threading.Event) -> None:
        self.connection = connection
        self.server = server
        self.ended = ended
        self._file = connection.makefile("rb")
        self._envelope: dict[str, Any] = {"sender": "", "recipients": []}

    def say(self, text: str) -> None:
        """Send one reply."""
        self.connection.sendall(f"{text}\r\n".encode())

    def until_data(self) -> None:
        """Be a good server up to and including the last byte of the mail, and remember the mail."""
        self.say("220 test ESMTP")
        while True:
            command = self._file.readline()
            verb = command[:4].upper()
            if not command:
                raise ConnectionError
            if verb == b"MAIL":
                self._envelope = {"sender": _address(command), "recipients": []}
            elif verb == b"RCPT":
                self._envelope["recipients"].append(_address(command))
            elif verb == b"DATA":
                self.say("354 go on")
                break
            self.say("250 OK")
        lines = []
        while (line := self._file.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.mails.append(Mail(content=b"".join(lines), **self._envelope))

    def drop(self) -> None:
        """End the connection as a killed process would: a reset, not a goodbye."""
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self._file.close()
        self.connection.close()


def _address(command: bytes) -> str:
    return command.partition(b"<")[2].partition(b">")[0].decode()


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[Server]:
    """A server that follows `script` with each visitor, one thread each."""
    ended = threading.Event()
    listener = socket.create_server((HOST, 0))
    server = Server(HOST, listener.getsockname()[1])
    lines: list[Line] = []

    def serve(connection: socket.socket) -> None:
        line = Line(connection, server, ended)
        lines.append(line)
        with contextlib.suppress(OSError):
            script(line)

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for line in lines:
            line.drop()
        thread.join(5)


def silent() -> contextlib.AbstractContextManager[Server]:
    """A black hole: takes the connection and never says a word."""
    return scripted(lambda line: line.ended.wait() and None)


def silent_after_data() -> contextlib.AbstractContextManager[Server]:
    """Takes the whole mail and never answers."""

    def script(line: Line) -> None:
        line.until_data()
        line.ended.wait()

    return scripted(script)


def dropping_after_data(times: int | None = None) -> contextlib.AbstractContextManager[Server]:
    """Takes the whole mail and drops the line before answering; the first `times` mails, or always."""

    def script(line: Line) -> None:
        line.until_data()
        if times is None or len(line.server.mails) <= times:
            line.drop()
            return
        line.say("250 OK at last")
        _farewell(line)

    return scripted(script)


def dropping_after_answer() -> contextlib.AbstractContextManager[Server]:
    """Accepts the mail, says so, and drops the line instead of waiting for more."""

    def script(line: Line) -> None:
        line.until_data()
        line.say("250 OK taken")
        time.sleep(0.05)  # the answer leaves before the reset overtakes it
        line.drop()

    return scripted(script)


def slow_drip(pause: float = 0.05) -> contextlib.AbstractContextManager[Server]:
    """Sends one byte of an endless greeting at a time: each read succeeds, none is ever enough."""

    def script(line: Line) -> None:
        while not line.ended.is_set():
            line.connection.sendall(b"2")
            line.ended.wait(pause)

    return scripted(script)


def _farewell(line: Line) -> None:
    while command := line._file.readline():
        if command[:4].upper() == b"QUIT":
            line.say("221 bye")
            return
        line.say("250 OK")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def refusing() -> Server:
    """No server at all: the connection is refused."""
    return Server(HOST, free_port())


# --- certificates ---


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for one name, valid for a day."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server presents it with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path, *, address: str = HOST) -> Certificate:
    """Make a certificate for the IP `address` with the `openssl` command, which the tests need."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise RuntimeError("the tests of the mail connection need the command `openssl`: install the package openssl")
    made = Certificate(folder / f"{address}.crt", folder / f"{address}.key")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", f"/CN={address}", "-addext", f"subjectAltName=IP:{address}"),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made
