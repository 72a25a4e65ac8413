"""Boxes and arrows, laid out for a drawing, and the same in words: for who cannot see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

_WIDTH, _GAP, _MARGIN = 250, 34, 30
_LINE, _PAD, _DROP = 18, 12, 74
_LETTERS = 34
_FILLS = {"start": "#e6f2e6", "do": "#eaf1fb", "stop": "#fbeaea", "ask": "#fff6df"}


@dataclass(frozen=True, slots=True)
class Node:
    """One box: `kind` of start, do, stop, ask; `lines` below its title; its place in a grid."""

    id: str
    kind: str
    title: str
    lines: tuple[str, ...]
    column: int
    row: int

    @property
    def text(self) -> tuple[str, ...]:
        """The lines as they fit into the box, the title's among them."""
        return (*self.head, *(y for x in self.lines for y in wrap(x, _LETTERS)))

    @property
    def head(self) -> tuple[str, ...]:
        return tuple(wrap(self.title, _LETTERS - 4))

    @property
    def height(self) -> int:
        return 2 * _PAD + _LINE * len(self.text)


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from the box `source` to `target`, with the condition under which it is taken."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, centred at `x`; in pixels."""

    text: str
    x: int
    y: int
    bold: bool = False

    @property
    def width(self) -> int:
        return 8 * len(self.text)


@dataclass(frozen=True, slots=True)
class Box:
    """A box as it is drawn; in pixels."""

    x: int
    y: int
    width: int
    height: int
    fill: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing; `description` says in a sentence what it shows.

    Arrows go down, from row to row; one that goes up runs along the left.
    """

    id: str
    title: str
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """Each box in words, with where its arrows lead."""
        return tuple(self._step(x) for x in self.nodes)

    def _step(self, node: Node) -> str:
        said = f"{node.title}: {'; '.join(node.lines)}".replace("?:", "?") if node.lines else node.title
        titles = {x.id: x.title for x in self.nodes}
        ways = [f"{x.label}: {titles[x.target]}".removeprefix(": ") for x in self.edges if x.source == node.id]
        return f"{said}. Then {'; or '.join(ways)}.".replace("?.", "?") if ways else f"{said}."

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        columns = max(x.column for x in self.nodes) + 1
        last = max(x.row for x in self.nodes)
        return 2 * _MARGIN + columns * (_WIDTH + _GAP) - _GAP, self._top(last) + self._tallest(last) + _PAD

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Each box where it is drawn."""
        return tuple(_box(x, self._top(x.row)) for x in self.nodes)

    @property
    def paths(self) -> tuple[str, ...]:
        """Each arrow as an SVG path."""
        return tuple(self._path(self._node(x.source), self._node(x.target)) for x in self.edges)

    @property
    def labels(self) -> tuple[Line, ...]:
        """What stands on the arrows, above the box that each leads to; nothing on those that go up."""
        return tuple(y for x in self.edges for y in self._label(x))

    def _tallest(self, row: int) -> int:
        return max(x.height for x in self.nodes if x.row == row)

    def _top(self, row: int) -> int:
        return _PAD + sum(self._tallest(x) + _DROP for x in range(row))

    def _node(self, name: str) -> Node:
        return next(x for x in self.nodes if x.id == name)

    def _path(self, source: Node, target: Node) -> str:
        top = self._top(target.row)
        if target.row <= source.row:
            middle, end = self._top(source.row) + source.height // 2, top + target.height // 2
            return f"M {_left(source)} {middle} H {_MARGIN // 3} V {end} H {_left(target)}"
        bottom = self._top(source.row) + source.height
        return f"M {_middle(source)} {bottom} V {top - _DROP + 14} H {_middle(target)} V {top}"

    def _label(self, edge: Edge) -> Iterator[Line]:
        target = self._node(edge.target)
        if target.row > self._node(edge.source).row:
            lines = wrap(edge.label, _LETTERS)
            first = self._top(target.row) - 20 - _LINE * (len(lines) - 1)
            yield from (Line(x, _middle(target), first + _LINE * n) for n, x in enumerate(lines))


def _box(node: Node, top: int) -> Box:
    heads, first = len(node.head), top + _PAD + 13
    lines = tuple(Line(x, _middle(node), first + _LINE * n, n < heads) for n, x in enumerate(node.text))
    return Box(_left(node), top, _WIDTH, node.height, _FILLS[node.kind], lines)


def _left(node: Node) -> int:
    return _MARGIN + node.column * (_WIDTH + _GAP)


def _middle(node: Node) -> int:
    return _left(node) + _WIDTH // 2
