import pytest

from generators.tasks import load_task
from nasbench_lc.errors import ConfigError


def test_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(ConfigError, match=r"segment-binary.*got 'segmnt'\. Did you mean segment\?"):
        load_task("segmnt")


def test_unknown_kind_of_file(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"a \.csv file"):
        load_task(str(path))


def test_a_name_comes_before_a_folder(tmp_path, monkeypatch):
    (tmp_path / "car").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_task("car").x["train"].shape == (1296, 21)


def test_options_that_do_not_fit():
    with pytest.raises(ConfigError, match="--target"):
        load_task("car", target="class")
    with pytest.raises(ConfigError, match="--image-size"):
        load_task("iris", image_size=16)
    with pytest.raises(ConfigError, match="--train-images"):
        load_task("segment", train_images=100)
    with pytest.raises(ConfigError, match="--image-size") as caught:
        load_task("digits-image", image_size=4)
    assert "table" not in str(caught.value)


def test_no_name_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="got ''"):
        load_task("")


@pytest.mark.parametrize("name", ["t\udcff.csv", "t\udcff.npz", "t\udcff"])
def test_a_name_that_is_not_utf_8(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name == "t\udcff" else path.write_text("x,c\n1,a\n2,b\n3,a\n4,b\n")
    with pytest.raises(ConfigError, match="must be UTF-8"):
        load_task(str(path))
