"""Finished runs on their way into the file: small files beside it, each whole and checked, merged by one process.

A shard is a file of the dataset format under the name ``part-DIGEST.h5``, where DIGEST is the first 32 digits of the sha256 of its
bytes. It appears by a rename, so it is whole or not there; what was cut short or altered since no longer has the digest of its name, is
set aside as ``*.bad`` and its runs are trained again.
"""

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nasbench_lc import store
from nasbench_lc.curves import Status
from nasbench_lc.errors import FormatError
from nasbench_lc.files import atomic, beside
from nasbench_lc.table import Table

__all__ = ["Reading", "compact", "drop_states", "parts_folder", "read_all", "state_file", "write_shard"]


def parts_folder(path: Path) -> Path:
    """The folder of shards that belongs to a dataset, one folder for all names of its file; errors as in :func:`nasbench_lc.files.beside`."""
    return beside(path, ".parts")


def state_file(folder: Path, uid: str) -> Path:
    """Where a long run that is not finished keeps its state, in the folder of shards."""
    return folder / f"state-{uid}.safetensors"


def drop_states(path: Path, uids: Iterable[str]) -> None:
    """Remove the states of runs of the dataset `path` that need them no longer."""
    folder = parts_folder(path)
    for uid in uids:
        state_file(folder, uid).unlink(missing_ok=True)


def write_shard(path: Path, table: Table) -> Path:
    """Store finished runs of the dataset `path` durably; any number of processes may do so at once.

    Raises:
        NasbenchError: If the disk is full, or the folder read-only.
    """
    content = store.image(table)
    name = parts_folder(path) / f"part-{_digest(content)}.h5"
    with atomic(name) as temporary:
        temporary.write_bytes(content)
    return name


@dataclass(frozen=True)
class Reading:
    """A dataset as it stands, its file and its shards together.

    Arguments:
        table: All finished runs, sorted; None where there are none.
        shards: The shards that were trusted.
        bad: Shards that were cut short or altered; their runs are not in the table.
    """

    table: Table | None
    shards: tuple[Path, ...]
    bad: tuple[Path, ...]


def read_all(path: Path, recipe_hash: str | None = None) -> Reading:
    """Read the file and its shards together.

    Arguments:
        path: The dataset.
        recipe_hash: Whose runs are wanted: shards of another recipe are bad. None leaves that to the file, or else to most of the shards.

    Raises:
        FormatError: If the file itself is unreadable.
    """
    tables = [store.read(path)] if path.exists() else []
    good: dict[Path, Table] = {}
    bad: list[Path] = []
    for shard in _listed(parts_folder(path)):
        try:
            if shard.stem.removeprefix("part-") != _digest(shard.read_bytes()):
                raise FormatError(f"A shard must have the digest of its name; got another for {shard}. Its runs are trained again.")
            good[shard] = store.read(shard)
        except FileNotFoundError:
            continue  # merged by the writer since the folder was listed; the file was read before, so those runs show next time
        except FormatError:
            if shard.exists():
                bad.append(shard)
    # A shard of another recipe strayed here; where nobody says which is meant, the file does, or else most of the shards.
    recipes = [str(t.attributes["recipe_hash"]) for t in tables or good.values()] if recipe_hash is None else [recipe_hash]
    recipe = Counter(recipes).most_common(1)[0][0] if recipes else ""
    bad += [shard for shard, table in good.items() if table.attributes["recipe_hash"] != recipe]
    trusted = tuple(shard for shard in good if shard not in bad)
    tables += [good[shard] for shard in trusted]
    table = Table.concat(tables).ordered() if tables else None
    return Reading(table, trusted, tuple(sorted(bad)))


def compact(path: Path, recipe_hash: str, plan: str) -> Table | None:
    """Merge the shards into the file, atomically; only the holder of the dataset's lock may call this.

    Killed before the rename, file and shards are as they were; killed after it, runs stand in both and count once.

    Arguments:
        path: The dataset.
        recipe_hash: Of its runs; shards of another recipe are set aside.
        plan: What was asked for: the plan attribute from now on.

    Returns:
        All finished runs, or None where there are none.

    Raises:
        NasbenchError: If the disk is full, or the folder read-only.
    """
    reading = read_all(path, recipe_hash)
    for shard in reading.bad:
        os.replace(shard, shard.with_suffix(".bad"))
    table = reading.table
    if table is None:
        return None
    changed = table.attributes["plan"] != plan
    if changed:
        table = Table({**table.attributes, "plan": plan}, table.columns)
    if reading.shards or changed:
        store.write(path, table)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):  # of a compaction that was killed
        # With a dot within, it is of another dataset: of "x.h5", where this one is called "x".
        if "." not in leftover.name.removeprefix(f".{path.name}.").removesuffix(".tmp"):
            leftover.unlink(missing_ok=True)
    folder = parts_folder(path)
    if folder.exists():
        drop_states(path, _finished(table))
        for shard in (*reading.shards, *folder.glob(".*.tmp")):
            shard.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    return table


def _finished(table: Table) -> list[str]:
    return [uid for uid, status in zip(table.uids, table.statuses, strict=True) if status is not Status.FAILED]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.glob("part-*.h5") if p.is_file())
    except FileNotFoundError:  # the writer removed the empty folder while it was being listed
        return []


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
