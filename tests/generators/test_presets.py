import pytest

from generators.presets import PRESETS
from generators.spaces import SPACES, make_space
from generators.tasks import TASKS


@pytest.mark.parametrize("name", PRESETS)
def test_names_what_exists(name):
    preset = PRESETS[name]
    assert preset.task in TASKS
    assert preset.space in SPACES
    assert make_space(preset.space, **preset.space_options).name == preset.space
    assert min(preset.n, preset.epochs, preset.repeats) >= 1


def test_the_papers_perceptron_datasets():
    for name, task in (("mlp-car", "car-binary"), ("mlp-segment", "segment-binary")):
        preset = PRESETS[name]
        assert (preset.space, preset.task, preset.n, preset.epochs, dict(preset.task_options)) == ("mlp", task, 550, 200, {})
