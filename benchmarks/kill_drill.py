"""SIGKILL at many moments of a generation's life: `python -m benchmarks.kill_drill [--kills 100] [--seed 7] [--out FILE.json]`.

Moments are random times, and whatever can be seen from outside: a shard appears, is being written, the merged file is being written, was
renamed while its shards are still there. After every kill the file must open and hold all runs that were stored; at the end of every life
the curves must equal those of an unbroken generation to the byte, and no stored run may have been trained again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from generators.generate import generate
from nasbench_lc import store
from nasbench_lc.provenance import environment
from tests.generators import drill
from tests.generators.test_kills import same_curves


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engine", choices=["stub", "real"], default="stub", help="a trainer without torch, or the perceptrons")
    parser.add_argument("--out", type=Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan, resolver = drill.PLANS[a.engine], drill.RESOLVERS[a.engine]
        unbroken = generate(plan, folder / "unbroken.h5", engine="serial", device="cpu", resolver=resolver).table
        command = [sys.executable, "-m", "tests.generators.drill", name, str(a.kills), str(a.seed), a.engine]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        lives = [store.read(folder / f"life{life}" / "x.h5") for life in range(report["lives"])]
        report["equal_to_unbroken"] = sum(same_curves(table, unbroken) for table in lives)
    report |= {
        "kills": a.kills,
        "seed": a.seed,
        "engine": a.engine,
        "machine": {k: environment()[k] for k in ("processor", "system", "python", "h5py")},
    }
    print(json.dumps(report, indent=1))
    if a.out:
        a.out.write_text(json.dumps(report, indent=1) + "\n")
    sys.exit(0 if not report["problems"] and report["equal_to_unbroken"] == report["lives"] else 1)


if __name__ == "__main__":
    main()
