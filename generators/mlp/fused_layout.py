"""How a fused group lays an epoch out: which row of which network stands where, step by step.

Axes here: `S` steps of the longest run, `G` networks of the group, `B` padded rows of a step, `C` classes.
"""

import numpy as np
import numpy.typing as npt

from generators.base import Task
from generators.mlp.draws import Draws
from generators.mlp.spec import MLPSpec, class_weights

__all__ = ["EpochLayout"]


class EpochLayout:
    """Rows, labels and weights of the steps of one epoch at a time.

    A run of batch size b uses the first b rows of a step, and the first ceil(n / b) steps; elsewhere `rows` is n, a row of zeros, and
    `weights` is 0.

    Arguments:
        specs: `G` runs, those with more steps first.
        draws: Their random numbers.
        task: Their task.
        batch: `B`.
        gains: What each run's weights are multiplied by besides, shape `(G,)`.
        dtype: That of the activations.
    """

    def __init__(self, specs: list[MLPSpec], draws: list[Draws], task: Task, batch: int, gains: npt.NDArray[np.float64], dtype: np.dtype):
        n = len(task.y["train"])
        self._specs, self._draws, self._n = specs, draws, n
        self._labels = np.append(task.y["train"], 0)
        self._class_weights = class_weights(task)
        self.steps = [-(-n // s.batch_size) for s in specs]
        """The number of steps of each run."""
        shape = (self.steps[0], len(specs), batch)
        self.rows = np.full(shape, n)
        """Which training row stands where, `(S, G, B)`."""
        self.labels = np.zeros(shape, np.int64)
        """The label of each, `(S, G, B)`."""
        self.target = np.zeros((shape[0], shape[1], len(task.classes), batch), dtype)
        """The labels one-hot, `(S, G, C, B)`."""
        self.weights = np.zeros((shape[0], shape[1], 1, batch), dtype)
        """What a row's slope is multiplied by: learning rate, gain, class weight, over the sum of weights, `(S, G, 1, B)`."""
        self._even = np.zeros(shape)
        for k, spec in enumerate(specs):
            whole, rest = divmod(n, spec.batch_size)
            self._even[:whole, k, : spec.batch_size] = gains[k] / spec.batch_size
            if rest:
                self._even[whole, k, :rest] = gains[k] / rest
        self._valid = self._even > 0
        self._gains = gains

    def shuffle(self, epoch: int) -> None:
        """Lay out an epoch (1-based)."""
        for k, (spec, draws) in enumerate(zip(self._specs, self._draws, strict=True)):
            self.place(self.rows[:, k], draws.order(epoch), spec.batch_size)
        self.labels = self._labels[self.rows]
        for c in range(self.target.shape[2]):
            np.equal(self.labels, c, out=self.target[:, :, c], casting="unsafe")
        lr = np.array([s.lr[epoch - 1] for s in self._specs])[:, None]
        if self._specs[0].weighted:
            own = np.where(self._valid, self._class_weights[self.labels], 0.0)
            sums = own.sum(-1, keepdims=True)
            np.multiply(own / np.where(sums > 0, sums, 1.0), lr * self._gains[:, None], out=self.weights[:, :, 0], casting="unsafe")
        else:
            np.multiply(self._even, lr, out=self.weights[:, :, 0], casting="unsafe")

    @staticmethod
    def place(out: npt.NDArray[np.generic], rows: npt.NDArray[np.generic], size: int) -> None:
        """Cut rows `(r, ...)` into steps of `size` and put them where a run keeps them in `out` `(steps, B, ...)`."""
        whole, rest = divmod(len(rows), size)
        out[:whole, :size] = rows[: whole * size].reshape(whole, size, *rows.shape[1:])
        if rest:
            out[whole, :rest] = rows[whole * size :]

    def measure(self, own: npt.NDArray[np.floating], best: npt.NDArray[np.int64]) -> list[dict[str, float]]:
        """Train loss and accuracy of each run: means over its rows.

        Arguments:
            own: The log-probability of each row's own class, `(S, G, B)`.
            best: The class of the largest logit, `(S, G, B)`.
        """
        values = []
        for k, steps in enumerate(self.steps):
            valid = self._valid[:steps, k]
            hits = int(np.count_nonzero((best[:steps, k] == self.labels[:steps, k]) & valid))
            values.append({"train_loss": -float(own[:steps, k][valid].sum(dtype=np.float64)) / self._n, "train_acc": hits / self._n})
        return values
