"""Scoring on other curves than those that were learnt from."""

from dataclasses import replace

import numpy as np

from nasbench_lc.curves import Bools, CurveSet
from nasbench_lc.errors import ConfigError

__all__ = ["aligned", "check_length", "concatenate", "met"]


def aligned(curves: CurveSet, like: CurveSet) -> CurveSet:
    """Curves with the metrics and hyperparameters of others, in their order; a metric that they lack is missing (NaN).

    Arguments:
        curves: `N` curves.
        like: Those that a predictor learns from.

    Raises:
        ConfigError: If the forecast metric is not recorded, or the hyperparameters are not the same.
    """
    if like.metric not in curves.metrics:
        raise ConfigError(
            f"Both files must record {like.metric}; got {', '.join(curves.metrics)} in one. Choose a --metric that both have."
        )
    if sorted(curves.hyperparameter_names) != sorted(like.hyperparameter_names):
        raise ConfigError(
            f"Both files must have the hyperparameters {', '.join(like.hyperparameter_names) or '(none)'}; "
            f"got {', '.join(curves.hyperparameter_names) or '(none)'} in one. Choose files of one recipe."
        )
    y = np.full((len(curves), curves.epochs, len(like.metrics)), np.nan)
    for j, name in enumerate(like.metrics):
        if name in curves.metrics:
            y[:, :, j] = curves.y[:, :, curves.metrics.index(name)]
    order = [curves.hyperparameter_names.index(name) for name in like.hyperparameter_names]
    return replace(
        curves,
        y=y,
        metrics=like.metrics,
        metric=like.metric,
        hyperparameters=curves.hyperparameters[:, order],
        hyperparameter_names=like.hyperparameter_names,
    )


def met(curves: CurveSet, others: CurveSet, same_task: bool) -> Bools:
    """Which curves are among others too, shape `(N,)`: as the same run or, where both are of one task, as another run of the same group.

    An architecture that was seen on another task is no leak: what it did there is what a transfer carries over, and files of two tasks may hold the
    same architectures by design. On its own task it has told its curve.
    """
    known = {*others.uid, *(others.group if same_task else ())}
    return np.array([u in known or g in known for u, g in zip(curves.uid, curves.group, strict=True)], dtype=np.bool_)


def check_length(a: CurveSet, b: CurveSet) -> None:
    """Nothing, where curves can be learnt from together.

    Raises:
        ConfigError: If they are not equally long.
    """
    if a.epochs != b.epochs:
        raise ConfigError(
            f"Curves that are learnt from together must have {a.epochs} epochs; got {b.epochs}. Choose files of one length, "
            "or evaluate with --transfer-curves 0."
        )


def concatenate(a: CurveSet, b: CurveSet) -> CurveSet:
    """The curves of both, `b` (aligned with `a`) after `a`.

    Raises:
        ConfigError: If they are not equally long.
    """
    check_length(a, b)
    return replace(
        a,
        architectures=a.architectures + b.architectures,
        hyperparameters=np.concatenate([a.hyperparameters, b.hyperparameters]),
        y=np.concatenate([a.y, b.y]),
        uid=a.uid + b.uid,
        group=a.group + b.group,
        status=a.status + b.status,
        seconds=np.concatenate([a.seconds, b.seconds]),
        n_params=np.concatenate([a.n_params, b.n_params]),
        n_macs=np.concatenate([a.n_macs, b.n_macs]),
    )
