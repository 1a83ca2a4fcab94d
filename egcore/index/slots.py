"""Slots: named things in the order they came, in snapshots that share nearly everything.

A change copies one small dict of many and one list of pointers: a fraction of a
millisecond among a hundred thousand, where a plain dict would be copied whole.
"""

from collections.abc import Hashable, Iterator
from typing import Any, Final, Generic, TypeVar

Item = TypeVar("Item")

_SHARDS: Final = 1_024  # a power of two


class Slots(Generic[Item]):
    """An immutable map from names to items that remembers the order of arrival.

    ``items`` holds the items by number, None where one was removed. An item that takes
    the name of another takes its number, too.
    """

    __slots__ = ("_shards", "items", "live")

    def __init__(self) -> None:
        self._shards: list[dict[Any, int]] = [{} for _ in range(_SHARDS)]
        self.items: list[Item | None] = []
        self.live = 0

    def add(self, name: Hashable, item: Item) -> int | None:
        """Add an item while the map is being built; return the number of one of its name."""
        shard = self._shards[hash(name) & (_SHARDS - 1)]
        taken = shard.get(name)
        if taken is None:
            shard[name] = len(self.items)
            self.items.append(item)
            self.live += 1
        return taken

    def number(self, name: Hashable) -> int | None:
        """Return the number of a name, None when it is not there."""
        return self._shards[hash(name) & (_SHARDS - 1)].get(name)

    def plus(self, name: Hashable, item: Item) -> tuple["Slots[Item]", int]:
        """Return a map with one item more, and the item's number."""
        number = self.number(name)
        items = self.items.copy()
        if number is not None:
            items[number] = item
            return self._changed(self._shards, items, self.live), number
        items.append(item)
        shards = self._shards.copy()
        place = hash(name) & (_SHARDS - 1)
        shards[place] = {**shards[place], name: len(items) - 1}
        return self._changed(shards, items, self.live + 1), len(items) - 1

    def minus(self, name: Hashable) -> "Slots[Item]":
        """Return a map without a name that is there."""
        shards, items = self._shards.copy(), self.items.copy()
        place = hash(name) & (_SHARDS - 1)
        shards[place] = shards[place].copy()
        items[shards[place].pop(name)] = None
        return self._changed(shards, items, self.live - 1)

    def _changed(
        self, shards: list[dict[Any, int]], items: list[Item | None], live: int
    ) -> "Slots[Item]":
        changed: Slots[Item] = object.__new__(Slots)
        changed._shards, changed.items, changed.live = shards, items, live
        return changed

    @property
    def is_sparse(self) -> bool:
        """Whether so many numbers are unused that the map should be built anew."""
        return len(self.items) > 2 * self.live + _SHARDS

    def __iter__(self) -> Iterator[Item]:
        return (item for item in self.items if item is not None)

    def __len__(self) -> int:
        return self.live
