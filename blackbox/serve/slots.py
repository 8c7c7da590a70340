"""Keys and values of every conversation under way: one row each, each at its own position, no padding on the left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

_FIRST_ROWS, _FIRST_LENGTH = 8, 128


class Slots:
    """A key-value cache that a transformers model writes to through `update`, grown by doubling."""

    def __init__(self) -> None:
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []
        self._capacity = (_FIRST_ROWS, _FIRST_LENGTH)
        self._rows = slice(0, 0)
        self._positions: Tensor | None = None
        self._length = 0

    def for_prompts(self, first_row: int, n_rows: int, length: int) -> None:
        """Announce a pass over `n_rows` whole prompts, right-padded to `length`, into the rows from `first_row`."""
        self._rows, self._positions, self._length = slice(first_row, first_row + n_rows), None, length
        self.reserve(first_row + n_rows, length)

    def for_tokens(self, positions: Tensor, length: int) -> None:
        """Announce a pass over one token a row, at `positions` `(b,)`; `length` is the longest row's with it."""
        self._rows, self._positions, self._length = slice(0, len(positions)), positions, length
        self.reserve(len(positions), length)

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        """Store what a layer computed, `(b, h, t, d)`, and return what it may attend to."""
        if layer == len(self._keys):
            self._keys.append(self._empty(keys))
            self._values.append(self._empty(values))
        stored_keys, stored_values = self._keys[layer], self._values[layer]
        if self._positions is None:
            stored_keys[self._rows, :, : self._length] = keys
            stored_values[self._rows, :, : self._length] = values
            return keys, values
        rows = torch.arange(len(self._positions))
        stored_keys[rows, :, self._positions] = keys[:, :, 0]
        stored_values[rows, :, self._positions] = values[:, :, 0]
        return stored_keys[self._rows, :, : self._length], stored_values[self._rows, :, : self._length]

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of row `source` over row `target`."""
        for stored in (*self._keys, *self._values):
            stored[target, :, :length] = stored[source, :, :length]

    def reserve(self, n_rows: int, length: int) -> None:
        """Make room for so many rows of so many positions."""
        rows, positions = self._capacity
        while rows < n_rows:
            rows *= 2
        while positions < length:
            positions *= 2
        if (rows, positions) != self._capacity:
            self._capacity = (rows, positions)
            self._keys = [self._grown(stored) for stored in self._keys]
            self._values = [self._grown(stored) for stored in self._values]

    def _grown(self, stored: Tensor) -> Tensor:
        larger = self._empty(stored)
        larger[: stored.shape[0], :, : stored.shape[2]] = stored
        return larger

    def _empty(self, like: Tensor) -> Tensor:
        rows, positions = self._capacity
        return like.new_zeros(rows, like.shape[1], positions, like.shape[3])
