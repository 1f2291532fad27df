"""Files of the sample table: as they are written, changed by others, under another seal; and how they are refused."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from nasbench_lc import store
from nasbench_lc.errors import FormatError
from nasbench_lc.seal import _MAGIC, _fingerprint
from tests.nasbench_lc.samples import sample_table

TABLE = sample_table(3)
IMAGE = store.image(TABLE)


def refused(path: Path) -> str:
    """The one sentence with which a file is refused, by both ways of reading it where the attributes are to blame."""
    with pytest.raises(FormatError) as caught:
        store.read(path)
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 600
    return sentence


def altered(path: Path, change: Callable[[h5py.File], None]) -> Path:
    """The sample file without its seal, changed: a foreign HDF5 file."""
    buffer = io.BytesIO()
    with h5py.File(io.BytesIO(IMAGE)) as old, h5py.File(buffer, "w") as new:
        for name in old:
            old.copy(name, new)
        new.attrs.update(old.attrs)
        change(new)
    path.write_bytes(buffer.getvalue())
    return path


def replaced(name: str, value: Any, **options: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, data=value, **options)

    return change


def resealed(path: Path, **changes: Any) -> Path:
    """The sample file under a seal that says something else and is intact."""
    size = IMAGE.index(b"\n") + 1
    head = {**json.loads(IMAGE[len(_MAGIC) : size]), **changes}
    head["index"] = _fingerprint({name: head[name] for name in ("schema", "shape", "names", "curves")})
    path.write_bytes((_MAGIC + json.dumps(head, separators=(",", ":")).encode()).ljust(size - 1) + b"\n" + IMAGE[size:])
    return path
