"""Cards as a person reads them in a terminal: Markdown laid out as plain text, as wide as the window."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from typing import Any

_COLOURS = {"critical": "1;31", "warning": "1;33", "info": "1;36"}
_BOLD, _DIM = "1", "2"
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3})(?=\S)(.+?)(?<![\s\\])\1")
_LINK = re.compile(r"(?<!\\)\[([^\]]*)\]\(([^)]*)\)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[|:\- ]+")
# Control characters could move the cursor or hide text; what came from outside may hold some.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A place to write to: its width in characters, and whether it shows colours."""

    width: int
    colours: bool

    def card(self, card: Mapping[str, Any]) -> str:
        """One card as lines: what it says first, then why, then what it offers."""
        indicator = card["indicator"]
        head = f"{indicator.upper()}  {plain(card['summary'])}"
        lines = [self.painted(x, _COLOURS[indicator]) for x in self._wrapped(head)]
        lines += ["", *self._markdown(card.get("detail", "")), ""]
        for suggestion in card.get("suggestions", ()):
            lines.append(
                f"[ {plain(suggestion['label'])} ]{'  recommended' if suggestion.get('isRecommended') else ''}"
            )
        lines.append(self.painted(f"Source: {plain(card['source']['label'])}", _DIM))
        bar = self.painted("|", _COLOURS[indicator])
        return "\n".join(f"{bar} {x}".rstrip() for x in lines)

    def heading(self, text: str) -> str:
        """A line that stands out."""
        return self.painted(plain(text), _BOLD)

    def painted(self, text: str, colour: str) -> str:
        """The text in a colour, given as an SGR code, where this terminal shows colours."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours and text else text

    def _markdown(self, source: str) -> Iterator[str]:
        for is_table, block in groupby(source.splitlines(), key=lambda x: x.startswith("|")):
            lines = list(block)
            yield from table(lines) if is_table else (y for x in lines for y in self._line(x))

    def _line(self, line: str) -> Sequence[str]:
        found = re.match(r"\s*(?:[-*]|\d+\.) ", line)
        indent = " " * len(found[0]) if found else ""
        return self._wrapped(plain(line.lstrip("#").lstrip() if line.startswith("#") else line), indent)

    def _wrapped(self, text: str, indent: str = "") -> Sequence[str]:
        room = max(self.width - 2, 20)
        return textwrap.wrap(text, room, subsequent_indent=indent, break_on_hyphens=False) or [""]


def plain(markdown: str) -> str:
    """One line of Markdown without its marks; links show their address."""
    text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1 (\2)", markdown))
    return _CONTROL.sub("", unescape(_ESCAPE.sub(r"\1", text)))


def table(lines: Sequence[str]) -> list[str]:
    """A Markdown table with its columns aligned."""
    rows = [[plain(x).strip() for x in _CELLS.split(line)[1:-1]] for line in lines if not _RULE.fullmatch(line)]
    columns = max(map(len, rows), default=0)
    filled = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*filled, strict=True)]
    laid = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in filled]
    return [laid[0], "  ".join("-" * x for x in widths), *laid[1:]] if laid else []
