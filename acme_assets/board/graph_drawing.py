"""A client night's dependency graph as boxes and lines, in layers from left to right. Pure: a template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from acme_assets.board.model import ClientNight, GraphNode

BOX_WIDTH, BOX_HEIGHT = 236, 46
_GAP, _BETWEEN, _EDGE = 14, 90, 4
_ROUND = 10
"""So far below the boxes runs what leaves a column out."""

_LAYERS = ("feed", "mart", "sign-off", "release")


@dataclass(frozen=True)
class Box:
    """One dependency."""

    node: GraphNode
    x: int
    y: int


@dataclass(frozen=True)
class Line:
    """What one dependency needs of another, as an SVG path."""

    path: str
    is_required: bool
    is_done: bool
    """Whether nothing waits for it any more."""


@dataclass(frozen=True)
class Drawing:
    """All of it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def drawing_of(night: ClientNight) -> Drawing:
    """The night's graph: a column a kind of dependency, each column in the middle of the height."""
    layers = [[node for node in night.nodes if node.kind == kind] for kind in _LAYERS]
    layers = [layer for layer in layers if layer]
    column_of = {node.name: column for column, layer in enumerate(layers) for node in layer}
    height = max((_height(layer) for layer in layers), default=BOX_HEIGHT) + 2 * _EDGE
    boxes = {
        node.name: Box(node, _EDGE + column * (BOX_WIDTH + _BETWEEN), round((height - _height(layer)) / 2) + _y(row))
        for column, layer in enumerate(layers)
        for row, node in enumerate(layer)
    }
    edges = [edge for edge in night.edges if edge.source in boxes and edge.target in boxes]
    far = {edge for edge in edges if column_of[edge.target] - column_of[edge.source] > 1}
    lines = tuple(
        Line(
            _path_below(boxes[edge.source], boxes[edge.target], height + _ROUND)
            if edge in far
            else _path(boxes[edge.source], boxes[edge.target]),
            edge.is_required,
            boxes[edge.source].node.state == "done",
        )
        for edge in edges
    )
    width = len(layers) * BOX_WIDTH + max(len(layers) - 1, 0) * _BETWEEN + 2 * _EDGE
    return Drawing(width, height + (2 * _ROUND if far else 0), tuple(boxes.values()), lines)


def _y(row: int) -> int:
    return row * (BOX_HEIGHT + _GAP)


def _height(layer: Sequence[GraphNode]) -> int:
    return _y(len(layer)) - _GAP


def _path(source: Box, target: Box) -> str:
    x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT // 2
    x2, y2 = target.x, target.y + BOX_HEIGHT // 2
    bend = max((x2 - x1) // 2, 20)
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"


def _path_below(source: Box, target: Box, y: int) -> str:
    """Below the columns in between, behind whose boxes it could not be followed."""
    x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT // 2
    x2, y2 = target.x, target.y + BOX_HEIGHT // 2
    down, up = x1 + _BETWEEN // 2, x2 - _BETWEEN // 2
    return (
        f"M{x1} {y1} C{down} {y1} {x1} {y} {down} {y} L{up - _BETWEEN // 2} {y} "
        f"C{up + _BETWEEN // 4} {y} {up - _BETWEEN // 4} {y2} {x2} {y2}"
    )
