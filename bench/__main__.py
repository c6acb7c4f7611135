"""Run the benchmarks one after the other: `make bench`, or `make bench ARGS="lists issuing"` for some."""

from __future__ import annotations

import argparse
import importlib

NAMES = (
    "lists",
    "customer",
    "desk",
    "sla",
    "bulk",
    "human_path",
    "evidence",
    "ledger_import",
    "issuing",
    "numbers",
    "capacity",
    "sending",
    "memory",
    "month",
    "pdf",
    "forecast",
)


def main() -> None:
    """Run the named benchmarks, all of them when none is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], help="which ones; all when none is named")
    for name in parser.parse_args().names or NAMES:
        print(f"\n## {name}", flush=True)
        importlib.import_module(f"bench.{name}").run()


if __name__ == "__main__":
    main()
