"""Nights of the chaos on the real stack, with whatever faults the seed draws; and what is drawn, and noticed."""

import json
import os
import subprocess
import sys

from acme_assets.stack.settings import REPOSITORY
from tools.chaos.drawn import LASTING, draw

SEED = 11


def test_three_nights_end_as_they_should() -> None:
    settings = {"NIGHTS": "3", "SEED": str(SEED), "CLIENTS": "10", "FEEDS": "3", "FAULTS": "4"}
    settings |= {"SECONDS": "10", "LIMIT_MINUTES": "5"}
    command = [sys.executable, "-m", "tools.chaos"]
    ran = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    print(ran.stdout[-6000:])
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-3000:]
    line = json.loads(ran.stdout.splitlines()[-1])
    assert (line["nights"], line["violations"], line["seed"]) == (3, 0, SEED)
    assert line["faults"] > 0


def test_the_same_seed_draws_the_same_faults_and_enough_nights_see_each_kind() -> None:
    nights = [draw(7, night, 5, 50) for night in range(30)]
    assert nights == [draw(7, night, 5, 50) for night in range(30)]
    assert nights != [draw(8, night, 5, 50) for night in range(30)]
    assert {fault.kind for night in nights for fault in night} == set(LASTING)
