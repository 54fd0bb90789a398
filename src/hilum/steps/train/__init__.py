"""Train: a table and a recipe in, a run folder with the best epoch's network out.

Nothing is imported here, so that `checks` refuses in a moment what torch would be loaded for.
"""

from __future__ import annotations

__all__: list[str] = []
