"""Chinese capitals a second time."""

from __future__ import annotations

import re


def spelled_out(cents: int) -> str:
    """Every digit with its place, then zeros rubbed out by the rules: slow, and nothing like the code under test."""
    digits = f"{cents // 100:012d}"
    places = ["仟", "佰", "拾", "亿", "仟", "佰", "拾", "万", "仟", "佰", "拾", "元"]
    full = "".join("零壹贰叁肆伍陆柒捌玖"[int(d)] + p for d, p in zip(digits, places, strict=True))
    full = re.sub("零[仟佰拾]", "零", full)
    full = re.sub("零+", "零", full)
    full = re.sub("零([亿万元])", r"\1", full)
    # A group in which nothing is left falls away with its name, and leaves one zero behind.
    full = re.sub("^[亿]", "", full)
    full = re.sub("^零?万", "", full)
    full = re.sub("亿万", "亿零", full)
    full = re.sub("零+", "零", full).lstrip("零")
    full = full.replace("零元", "元")
    full = "" if full == "元" else full
    jiao, fen = cents // 10 % 10, cents % 10
    tail = ("零壹贰叁肆伍陆柒捌玖"[jiao] + "角") if jiao else ("零" if fen and full else "")
    tail += ("零壹贰叁肆伍陆柒捌玖"[fen] + "分") if fen else "整"
    return (full or ("零元" if not cents else "")) + tail
