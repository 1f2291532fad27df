"""What a dataset was asked for: the plan that its file records, or the plans of all that it was merged from."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from nasbench_lc.errors import FormatError

__all__ = ["planned", "plans_of"]

Stored = dict[str, Any]


def plans_of(text: str) -> list[Stored]:
    """The plans in a file's `plan` attribute: the one that it is, or those of its parts, however often they were merged.

    Raises:
        FormatError: If one of them is no JSON object, or has an `n`, as those of `generate` do, but not all that `generate` writes.
    """
    found: list[Stored] = []
    waiting: list[object] = [text]
    while waiting:
        plan = waiting.pop()
        if isinstance(plan, str):
            try:
                plan = json.loads(plan)
            except (ValueError, RecursionError):
                pass
        if not isinstance(plan, dict):
            raise FormatError(
                f"The plan, and each plan of a merged part, must be a JSON object; got {str(plan)[:40]!r}. Restore the file from a copy."
            )
        if isinstance(plan.get("merged"), list):
            waiting += plan["merged"]
            continue
        if "n" in plan and not _complete(plan):
            raise FormatError(
                f"A plan must hold whole numbers n and repeats, and all else that generate writes; got {str(plan)[:80]!r}. "
                f"Restore the file from a copy."
            )
        found.append(plan)
    return found


def planned(plans: Sequence[Stored]) -> int | None:
    """How many different runs plans ask for together; None where one of them, as an import's, asks for no number."""
    sizes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for plan in plans:
        if "n" not in plan:
            return None
        sizes[json.dumps({**plan, "n": 0, "repeats": 0}, sort_keys=True)].append((plan["n"], plan["repeats"]))
    total = 0
    for family in sizes.values():
        counted = 0  # repeats of the samples at hand: a smaller plan of the same options asks for nothing but more repeats of them
        for n, repeats in sorted(family, reverse=True):
            total += n * max(0, repeats - counted)
            counted = max(counted, repeats)
    return total


def _complete(plan: Stored) -> bool:
    def whole(name: str, least: int) -> bool:
        return type(plan.get(name)) is int and plan[name] >= least

    return (
        whole("n", 1)
        and whole("repeats", 1)
        and whole("seed", 0)
        and (whole("epochs", 1) or plan.get("epochs", 0) is None)
        and all(isinstance(plan.get(name), str) for name in ("space", "task"))
        and all(isinstance(plan.get(name), dict) for name in ("space_options", "task_options"))
    )
