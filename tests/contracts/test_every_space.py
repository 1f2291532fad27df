"""What holds for every search space."""

import inspect

import numpy as np
import pytest

from generators.base import Task
from generators.spaces import SPACES, make_space
from nasbench_lc.architecture import Architecture
from nasbench_lc.errors import ConfigError

NAMES = ("batch_size", "dropout", "lr", "momentum", "weight_decay")


def table(inputs=21, classes=4):
    return Task(
        "t", {"train": np.zeros((8, inputs), np.float32)}, {"train": np.zeros(8, np.int64)}, tuple(map(str, range(classes))), "", ""
    )


def images():
    x = np.zeros((8, 32, 32, 3), np.uint8)
    return Task("i", {"train": x}, {"train": np.zeros(8, np.int64)}, tuple(map(str, range(10))), "", "")


@pytest.fixture(params=sorted(SPACES))
def space(request):
    return make_space(request.param)


@pytest.fixture
def task(space):
    return table() if "mlp" in space.name else images()


def test_names(space):
    assert SPACES[space.name]().name == space.name
    assert space.default_epochs >= 1


def test_samples(space, task):
    for index in range(20):
        architecture, hp = space.sample(7, index, task)
        assert tuple(sorted(hp)) == NAMES
        assert all(isinstance(v, float) and v == float(f"{v:.6g}") for v in hp.values())
        assert hp["batch_size"] == int(hp["batch_size"]) >= 1
        assert 0 <= hp["dropout"] < 1
        assert 0 <= hp["momentum"] < 1
        assert hp["lr"] > 0
        assert hp["weight_decay"] >= 0
        assert architecture.space == space.name
        assert architecture.string
        assert architecture.nodes[0].op == "input"
        assert Architecture.from_json(architecture.json, architecture.string) == architecture
        assert space.group(architecture)
        assert space.constant(architecture) in (None, False, True)
        params, macs = space.size(architecture, task)
        assert 0 < macs
        assert 0 < params


def test_sample_is_a_function_of_seed_and_index(space, task):
    twin = make_space(space.name)
    assert space.sample(1, 5, task) == twin.sample(1, 5, task)
    assert [space.sample(1, i, task)[0].key for i in range(8)] != [space.sample(2, i, task)[0].key for i in range(8)]


def test_schedule(space, task):
    for epochs in (1, 12, space.default_epochs):
        factors = space.schedule(epochs)
        assert factors.shape == (epochs,)
        assert factors[0] == 1
        assert (factors > 0).all()
        assert (np.diff(factors) <= 0).all()


def test_settings_are_scalars(space, task):
    settings = space.settings(task, 10)
    assert all(isinstance(v, str | int | float | bool) for v in settings.values())
    assert settings["streams"] == 1
    assert settings["optimizer"] == "sgd"


def test_every_option_stands_in_the_settings(space, task):
    """So that equal recipes are equal options, however they were written down."""
    other = {"momentum": 0.25, "dedup": "none", "channels": 3, "cells": 2}
    for name in inspect.signature(SPACES[space.name]).parameters:
        assert make_space(space.name, **{name: other[name]}).settings(task, 10) != space.settings(task, 10)


def test_the_wrong_kind_of_task(space):
    with pytest.raises(ConfigError):
        space.sample(0, 0, images() if "mlp" in space.name else table())


def test_unknown_option(space):
    with pytest.raises(ConfigError, match="flavour"):
        make_space(space.name, flavour=3)
    assert make_space(space.name, flavour=None).name == space.name


def test_unknown_space():
    with pytest.raises(ConfigError, match="Did you mean mlp"):
        make_space("mpl")
