"""What several hyperparameters of SGD say together: how far a run gets in an epoch, and how much its weights decay.

With learning rate e, momentum m, batch size B and weight decay w::

    progress = e / ((1 - m) B)        decay = w progress

Momentum multiplies a steady step by 1 / (1 - m) and an epoch has as many steps as there are batches. Progress is the noise scale of SGD but for the number
of examples; runs that share it have the same learning curves over a wide range of rates, batches and momenta (Smith, Kindermans and Le 2018, arXiv
1711.00489). An epoch takes the share `decay` of the weights away (van Laarhoven 2017, arXiv 1706.05350), but for that number too.

A network sees a product in sums of logarithms, less 1 - m; trees, which split by one column at a time, and neighbours do not.
"""

from collections.abc import Sequence

import numpy as np

from nasbench_lc.curves import Floats

__all__ = ["training_speed"]


def training_speed(hyperparameters: Floats, names: Sequence[str]) -> Floats:
    """Progress and decay in an epoch, each where it says more than a hyperparameter alone: shape `(N, 0)` to `(N, 2)`.

    What runs lack a column for is one for all of them, and a factor that is one for all says nothing.

    Arguments:
        hyperparameters: Shape `(N, P)`, NaN where a run has none.
        names: Those of the columns.

    Returns:
        NaN or infinite where a factor is unknown or makes no sense.
    """
    of = dict(zip(names, hyperparameters.T, strict=True))
    rate, momentum, batch = of.get("lr", of.get("learning_rate")), of.get("momentum"), of.get("batch_size")
    told = sum(column is not None for column in (rate, momentum, batch))
    with np.errstate(divide="ignore", invalid="ignore"):
        progress = np.ones(len(hyperparameters)) if rate is None else rate
        progress = progress * (1.0 if momentum is None else 1 / (1 - momentum)) * (1.0 if batch is None else 1 / batch)
        progress = np.where(progress >= 0, progress, np.nan)
        found = [progress] if told > 1 else []
        if told and "weight_decay" in of:
            found.append(progress * of["weight_decay"])
    return np.stack(found, axis=1) if found else np.empty((len(hyperparameters), 0))
