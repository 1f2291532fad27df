"""The HDF5 format, version 1, as data: the only place that knows its names, types and units.

`docs/format.md` is generated from this module (``python -m nasbench_lc.schema``), and a test holds the two together.
"""

from dataclasses import dataclass

__all__ = ["ARCH", "ATTRIBUTES", "CURVES", "HP", "RUN", "SCHEMA_VERSION", "Field", "describe"]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Field:
    """One dataset of the file, or one attribute of its root.

    Arguments:
        name: Its name within the group.
        kind: ``text`` (fixed-length UTF-8), ``int`` (int64), ``float`` (float64), ``curve`` (float32 `(N, T)`), ``widths`` (int32 `(N, L)`).
        meaning: What it holds, with its unit.
        required: Whether every file has it.
    """

    name: str
    kind: str
    meaning: str
    required: bool = True


ATTRIBUTES = (
    Field("schema_version", "int", "Version of this format; readers refuse newer ones and read all older ones."),
    Field("space", "text", "Search space of the architectures."),
    Field("task", "text", "Task that the networks were trained on."),
    Field("epochs", "int", "T. Column j of a curve is epoch j + 1."),
    Field("metrics", "text list", "Names of the curve metrics, without lr and epoch_seconds."),
    Field("generator_version", "text", "Name and version of the program that wrote the runs."),
    Field("created", "text", "When the file was begun, ISO 8601, UTC."),
    Field("licence", "text", "Licence of the source data, in words."),
    Field("source", "text", "Where the source data come from, with a citation."),
    Field("recipe", "text", "Everything that all runs share, as canonical JSON; a JSON list where recipes are mixed."),
    Field("recipe_hash", "text", "sha256 of the recipe; 'mixed' where a merge was told to allow that."),
    Field("plan", "text", "What was asked for, as JSON: n, repeats, seed, and the options that load the task and space again."),
    Field("schedule", "float list", "Planned learning rate of each epoch relative to the first, (T,).", required=False),
    Field("notes", "text", "What an importer changed or dropped.", required=False),
)

RUN = (
    Field("uid", "text", "sha256 over recipe, architecture, hyperparameters and seed: equal runs have equal ids."),
    Field("index", "int", "Which sample of the plan; rows are sorted by (index, repeat)."),
    Field("repeat", "int", "Which repetition of that sample."),
    Field("seed", "int", "Keys all random streams of the run."),
    Field("status", "text", "ok, diverged, failed or partial."),
    Field("error", "text", "The error's own words where status is failed, else empty."),
    Field("started", "float", "Start in seconds since 1970, UTC."),
    Field("host", "text", "Machine that trained the run."),
    Field("device", "text", "cpu, or the name of the accelerator."),
    Field("versions", "text", "Versions of what the numbers depend on, as JSON."),
    Field(
        "seconds_kind",
        "text",
        "processor: of the thread that trained it; apportioned: a fused group's, shared by cost; measured: by the clock.",
    ),
    Field("recipe_hash", "text", "sha256 of this run's recipe."),
    Field("name", "text", "What the source of an imported run calls it.", required=False),
    Field("sha256", "text", "Checksum over the run's curves (names sorted, little-endian float32, one NaN pattern) without epoch_seconds."),
)

ARCH = (
    Field("key", "text", "sha256 of the architecture's canonical JSON."),
    Field("group", "text", "Exact function class where known, else the key; a split never parts a group."),
    Field("string", "text", "The space's own way to write the architecture."),
    Field("json", "text", "The directed acyclic graph: nodes (operation, attributes) and edges, canonical JSON."),
    Field("n_params", "float", "Trainable parameters; NaN where unknown."),
    Field(
        "n_macs",
        "float",
        "Multiply-accumulate operations of one forward pass of one sample, convolutions and linear maps; NaN where unknown.",
    ),
    Field(
        "constant",
        "float",
        "1 where the network answers the same whatever the input, 0 where not; only where the space has such architectures.",
        required=False,
    ),
    Field("widths", "widths", "Units of the hidden layers in order, 0 where there is no such layer.", required=False),
)

HP = Field("*", "float", "One dataset per hyperparameter: lr, batch_size, momentum, weight_decay, dropout ... NaN where a run has none.")

CURVES = (
    Field("train_loss", "curve", "Nats; running average over the epoch, in train mode.", required=False),
    Field("train_acc", "curve", "Fraction; running average over the epoch, in train mode.", required=False),
    Field("val_loss", "curve", "Nats; after the epoch.", required=False),
    Field("val_acc", "curve", "Fraction; after the epoch.", required=False),
    Field("test_loss", "curve", "Nats; after the epoch.", required=False),
    Field("test_acc", "curve", "Fraction; after the epoch.", required=False),
    Field("lr", "curve", "Learning rate of the epoch.", required=False),
    Field("epoch_seconds", "curve", "Seconds spent in the epoch: training and evaluation.", required=False),
)

_HEAD = """# The HDF5 format, version {version}

Generated from `nasbench_lc/schema.py` by `python -m nasbench_lc.schema > docs/format.md`; do not edit.

Row i of every dataset is one run (axis `N`), so h5py and Hugging Face `datasets` (`load_dataset("hdf5", data_files=FILE)`) read the file
as it is. Curves are contiguous, uncompressed `(N, T)` float32; column j is epoch j + 1. A missing value is NaN. Text is fixed-length UTF-8: in h5py,
`f["run/status"].asstr()[:]`. While runs are being generated, finished ones lie in `FILE.h5.parts/` as smaller files of the same format
whose names end in the first 32 digits of the sha256 of their bytes; one process merges them into `FILE.h5`.

The file begins with an HDF5 user block (512 bytes or a larger power of two), which every HDF5 reader skips. Its one line reads
`nasbench-lc seal 1 {{"size": ..., "structure": ..., "values": ..., "columns": ..., "curves": ...}}`: where the plain values of the columns
and of the curves lie, as [offset, length], the sha256 of all bytes after the block but those values, and the sha256 of the columns' values.
Those of the curves are covered by `run/sha256`. Where the curves are little-endian float32, `"schema"`, `"shape"` and `"names"` say which
lies where, with a sha256 of these and `"curves"` in `"index"`. A line may lack these four, and a file the block.

```python
import h5py
with h5py.File("datasets/mlp-car.h5") as f:
    loss = f["curves/test_loss"][:]          # (N, T) nats
    lr = f["hp/lr"][:]                       # (N,)
    done = f["run/status"].asstr()[:] == "ok"
```
"""


def describe() -> str:
    """The format as Markdown, the text of docs/format.md."""
    lines = [_HEAD.format(version=SCHEMA_VERSION)]
    for title, fields in (
        ("Root attributes", ATTRIBUTES),
        ("`/run/`", RUN),
        ("`/arch/`", ARCH),
        ("`/hp/`", (HP,)),
        ("`/curves/`", CURVES),
    ):
        lines += [f"## {title}", "", "| name | type | required | meaning |", "|---|---|---|---|"]
        lines += [f"| `{f.name}` | {f.kind} | {'yes' if f.required else 'no'} | {f.meaning} |" for f in fields]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(describe(), end="")
