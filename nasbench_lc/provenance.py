"""Where and with what a result was made."""

import json
import platform
import socket
from functools import cache
from importlib import metadata

from nasbench_lc.version import __version__

__all__ = ["environment", "machine", "versions"]

_PACKAGES = ("torch", "torchvision", "torch-geometric", "torchdiffeq", "numpy", "scipy", "scikit-learn", "h5py")


@cache
def _versions() -> dict[str, str]:
    found = {"nasbench-lc": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def versions() -> str:
    """The versions of this package, Python and what the numbers depend on, as canonical JSON."""
    return json.dumps(_versions(), sort_keys=True, separators=(",", ":"))


@cache
def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _system() -> str:
    """Operating system, architecture and C library; not the kernel's build, which says nothing of the numbers."""
    return " ".join(part for part in (platform.system(), platform.machine(), *platform.libc_ver()) if part)


def environment() -> dict[str, str]:
    """Host, processor, system and versions: what a report or a checkpoint records beside its numbers."""
    return {"host": socket.gethostname(), **machine()}


def machine() -> dict[str, str]:
    """The same without the host: for what is passed on, where its name says nothing."""
    return {"processor": _processor(), "system": _system(), **_versions()}
