import pytest

from nasbench_lc.cli.specs import parse_spec, split_specs
from nasbench_lc.errors import ConfigError


def test_commas_in_brackets_belong_to_their_model():
    assert split_specs("knn, lc-gode[use_graph=false,epochs=60],lc-gode,knn") == ("knn", "lc-gode[use_graph=false,epochs=60]", "lc-gode")
    assert split_specs(" , ") == ()


def test_a_name_alone_has_no_options():
    assert parse_spec("lc-gode") == ("lc-gode", {})


def test_options_of_its_own():
    assert parse_spec("lc-gode[use_graph=false, epochs=60]") == ("lc-gode", {"use_graph": "false", "epochs": "60"})


@pytest.mark.parametrize("wrong", ["lc-gode[use_graph=false", "lc-gode]", "[a=1]", "lc-gode[a=1]x", "lc-gode[a]"])
def test_a_mistake_is_one_sentence(wrong: str):
    with pytest.raises(ConfigError, match="must"):
        parse_spec(wrong)
