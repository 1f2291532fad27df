"""What fully determines a training run: the recipe that a file shares, and what varies from run to run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nasbench_lc.architecture import Architecture, Scalar
from nasbench_lc.errors import FormatError

__all__ = ["Recipe", "RunConfig", "canonical_json", "digest"]


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces, ASCII only and no NaN: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """The sha256 of the canonical JSON of a value, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True)
class Recipe:
    """Everything that all runs of a dataset share.

    A setting that is added to the project later must be left out of `settings` at its old meaning: then the hash of every older
    recipe, and with it every stored run id, stays what it was.

    Arguments:
        space: The search space.
        task: The task.
        epochs: `T`, the number of epochs of every run.
        settings: Further (name, value) pairs, sorted by name: schedule, optimiser flags, data digest, image size ...
    """

    space: str
    task: str
    epochs: int
    settings: tuple[tuple[str, Scalar], ...] = ()

    @classmethod
    def of(cls, space: str, task: str, epochs: int, settings: Mapping[str, Scalar]) -> "Recipe":
        """A recipe with its settings in canonical order."""
        return cls(space, task, epochs, tuple(sorted(settings.items())))

    def get(self, name: str, default: Scalar) -> Scalar:
        """The setting `name`, or `default` where the recipe does not mention it."""
        return dict(self.settings).get(name, default)

    @cached_property
    def json(self) -> str:
        """Canonical JSON of the recipe."""
        return canonical_json({"space": self.space, "task": self.task, "epochs": self.epochs, "settings": dict(self.settings)})

    @cached_property
    def hash(self) -> str:
        """The sha256 of the canonical JSON."""
        return hashlib.sha256(self.json.encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The inverse of :attr:`json`.

        Raises:
            FormatError: If the text is not the JSON of a recipe.
        """
        try:
            raw = json.loads(text)
            recipe = cls.of(str(raw["space"]), str(raw["task"]), int(raw["epochs"]), dict(raw["settings"]))
            canonical_json(dict(recipe.settings))  # refuses NaN, which Python's own JSON reads
            return recipe
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise FormatError(f"A recipe must be JSON with space, task, epochs, settings; got {text[:60]!r}. Check the file.") from error


@dataclass(frozen=True)
class RunConfig:
    """One training run. Equal configurations have equal ids, and a run whose id is stored is never trained again.

    Arguments:
        recipe: What all runs of the dataset share.
        architecture: The network.
        hyperparameters: (name, value) pairs sorted by name: batch_size, dropout, lr, momentum, weight_decay.
        seed: Keys every random stream of the run (see :mod:`nasbench_lc.seeding`).
        index: Which sample of the plan this is; not part of the identity.
        repeat: Which repetition of that sample; not part of the identity.
    """

    recipe: Recipe
    architecture: Architecture
    hyperparameters: tuple[tuple[str, float], ...]
    seed: int
    index: int = field(default=0, compare=False)
    repeat: int = field(default=0, compare=False)

    @cached_property
    def run_id(self) -> str:
        """The sha256 over recipe hash, architecture key, hyperparameters and seed."""
        return digest(
            {
                "recipe": self.recipe.hash,
                "architecture": self.architecture.key,
                "hyperparameters": dict(self.hyperparameters),
                "seed": self.seed,
            }
        )

    @property
    def hp(self) -> dict[str, float]:
        """The hyperparameters by name."""
        return dict(self.hyperparameters)
