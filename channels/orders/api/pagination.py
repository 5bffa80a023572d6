"""The order in which orders are listed."""

from o2o.api.pagination import NewestFirst


class LatestPlacedFirst(NewestFirst):
    """Orders that were placed last come first, as on the board, whose indexes so serve the filters here too."""

    ordering = ("-placed_at", "-id")  # type: ignore[assignment]
