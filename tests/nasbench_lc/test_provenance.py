import json
import socket
from importlib import metadata

import numpy as np

from nasbench_lc import __version__
from nasbench_lc.provenance import environment, machine, versions


def test_versions_are_canonical_json_of_what_the_numbers_depend_on():
    found = json.loads(versions())
    assert found["nasbench-lc"] == __version__
    assert found["numpy"] == np.__version__
    assert found["torch"] == metadata.version("torch")
    assert versions() == json.dumps(found, sort_keys=True, separators=(",", ":"))


def test_environment_names_machine_and_versions():
    found = environment()
    assert found["host"] == socket.gethostname()
    assert machine() == {name: value for name, value in found.items() if name != "host"}
    assert found["processor"]
    assert found["system"]
    assert found["h5py"] == metadata.version("h5py")
    assert all(isinstance(v, str) for v in found.values())


def test_the_version_is_that_of_the_package():
    assert metadata.version("nasbench-lc") == __version__
