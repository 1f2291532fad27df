"""Names and words to predictors: what is said of options that are not there."""

import pytest

from nasbench_lc.errors import ConfigError
from predictors.configure import make


def test_a_model_without_options_says_that_it_has_none() -> None:
    with pytest.raises(
        ConfigError, match=r"^The model last-value must be given no option, as it has none; got foo\. Leave the option out\.$"
    ):
        make("last-value", {"foo": "1"}, 0)


def test_an_unknown_option_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"^An option of knn must be one of .*neighbours.*; got neighbors. Did you mean neighbours\?$"):
        make("knn", {"neighbors": "3"}, 0)
