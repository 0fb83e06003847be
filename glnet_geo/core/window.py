"""A rectangle of pixels."""

from __future__ import annotations

from dataclasses import dataclass

from glnet_geo.errors import WindowError


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A non-empty rectangle of whole pixels; ``row`` and ``col`` may be negative (outside a scene).

    Raises:
        WindowError: ``height`` or ``width`` is not positive.
    """

    row: int
    col: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height <= 0:
            raise WindowError(f"height must be positive, got {self.height}")
        if self.width <= 0:
            raise WindowError(f"width must be positive, got {self.width}")

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> Window:
        """All pixels of something of (height, width)."""
        return cls(row=0, col=0, height=shape[0], width=shape[1])

    @property
    def row_stop(self) -> int:
        """First row below the window."""
        return self.row + self.height

    @property
    def col_stop(self) -> int:
        """First column right of the window."""
        return self.col + self.width

    @property
    def rows(self) -> slice:
        """The window's rows as a slice of an array."""
        return slice(self.row, self.row_stop)

    @property
    def cols(self) -> slice:
        """The window's columns as a slice of an array."""
        return slice(self.col, self.col_stop)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    def moved(self, rows: int, cols: int) -> Window:
        """The same rectangle, ``rows`` further down and ``cols`` further right."""
        return Window(row=self.row + rows, col=self.col + cols, height=self.height, width=self.width)

    def grown(self, rows: int, cols: int) -> Window:
        """With so many more rows above and below, and columns on both sides."""
        return Window(
            row=self.row - rows,
            col=self.col - cols,
            height=self.height + 2 * rows,
            width=self.width + 2 * cols,
        )

    def intersection(self, other: Window) -> Window | None:
        """The pixels in both windows, or None where they share none."""
        row, col = max(self.row, other.row), max(self.col, other.col)
        height = min(self.row_stop, other.row_stop) - row
        width = min(self.col_stop, other.col_stop) - col
        if height <= 0 or width <= 0:
            return None
        return Window(row=row, col=col, height=height, width=width)
