"""Small files of the kinds a customer may enclose, made by the libraries people use."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import pikepdf
from fpdf import FPDF
from PIL import Image


@cache
def pdf() -> bytes:
    """A PDF of one page."""
    document = FPDF()
    document.add_page()
    return bytes(document.output())


@cache
def picture(kind: str) -> bytes:
    """A picture of 20 by 10 pixels, `kind` as Pillow calls it: PNG, JPEG, GIF, WEBP."""
    held = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(held, kind)
    return held.getvalue()


@cache
def pdf_as(kind: str) -> bytes:
    """The PDF as other programs write it: streams, linearised, updated, encrypted."""
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        match kind:
            case "streams":
                document.save(held, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            case "linearised":
                document.save(held, linearize=True)
            case "linearised streams":
                document.save(held, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            case "encrypted":
                document.save(held, encryption=pikepdf.Encryption(owner="o", user="u"))
            case "plain":
                document.save(held, object_stream_mode=pikepdf.ObjectStreamMode.disable)
            case _:
                raise ValueError(kind)
    return held.getvalue()


def pdf_with(said: dict[str, Any], *, packed: bool) -> bytes:
    """The PDF with more in its catalogue, written as pikepdf does: names begin with a stroke; plain or packed away."""
    held = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    with pikepdf.open(io.BytesIO(pdf())) as document:
        for name, value in said.items():
            document.Root[name] = document.make_indirect(_object(value))
        document.save(held, object_stream_mode=mode)
    return held.getvalue()


def _object(value: Any) -> pikepdf.Object:
    if isinstance(value, dict):
        return pikepdf.Dictionary({name: _object(each) for name, each in value.items()})
    if isinstance(value, list):
        return pikepdf.Array([_object(each) for each in value])
    if isinstance(value, str):
        return pikepdf.Name(value) if value.startswith("/") else pikepdf.String(value)
    return value


@cache
def updated_pdf() -> bytes:
    """The PDF with one object appended, and a second table that leads to the first."""
    first = pdf()
    before = first.rpartition(b"startxref")[2].split()[0]
    root = first.rpartition(b"/Root ")[2].split()[0]
    at = len(first) + 1
    table = b"xref\n900 1\n%010d 00000 n \n" % at
    body = b"\n900 0 obj\n(note)\nendobj\n"
    trailer = b"trailer\n<< /Size 901 /Root %s 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
    return first + body + table + trailer % (root, before, len(first) + len(body))


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG, its checksum right."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, width: int = 8, height: int = 8, interlaced: bool = False) -> bytes:
    """A grey PNG made of these chunks between its header and its end."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")
