"""A night from delivery to dashboard on this machine, watched: what `acme demo` and `acme night` share."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from acme_assets.cli.nights import STATE_STYLE, assess_all, print_nights
from acme_assets.cli.output import console
from acme_assets.environment import Platform, platform_from
from acme_assets.keystore import key_file
from acme_assets.nights.status import NightStatus
from acme_assets.stack import stack
from acme_assets.stack.prepare import prepare
from acme_assets.stack.settings import REPOSITORY, Home, environment

POLL_SECONDS = 1.0

_OF_THE_PERSON = (
    *("ACME_PEOPLE", "ACME_KEYS", "ACME_KEY_PASSPHRASE", "ACME_USER"),
    *("ACME_SERVICE_KEY", "ACME_SERVICE_KEY_PASSPHRASE", "ACME_SERVICE_EMAIL"),
)
"""What a shell may set for another stack: a rehearsal has people and keys of its own."""


class RehearsalFailed(Exception):
    """The night did not end as it should. The text says in what."""


@dataclass
class Rehearsal:
    """A running stack of its own, and one business date on it."""

    home: Home
    work: Platform
    business_date: date
    started: float
    address: str = ""
    """Of Dagster's UI."""

    def say(self, text: str) -> None:
        """A line of progress, with the seconds since the start."""
        console.print(f"[dim]{time.monotonic() - self.started:6.1f} s[/]  {text}", soft_wrap=True)

    def nights(self) -> list[NightStatus]:
        """Every client's night, assessed now."""
        return assess_all(self.work, self.business_date, self.work.clock())

    def wait(self, is_done: Callable[[Mapping[str, NightStatus]], bool], timeout_seconds: float) -> list[NightStatus]:
        """Show each change of state until all is as wanted.

        Raises:
            RehearsalFailed: it was not within the time.
        """
        said: dict[str, str] = {}
        until = time.monotonic() + timeout_seconds
        while True:
            nights = self.nights()
            for night in nights:
                line = _line(night)
                if said.get(night.client_id) != line:
                    said[night.client_id] = line
                    self.say(line)
            if is_done({night.client_id: night for night in nights}):
                return nights
            if time.monotonic() > until:
                self.show()
                raise RehearsalFailed(
                    f"after {timeout_seconds:.0f} s the night is not where it should be; logs are in {self.home.logs}"
                )
            time.sleep(POLL_SECONDS)

    def show(self) -> None:
        """The status table."""
        console.print()
        print_nights(self.work, self.nights(), dict(self.work.registry.problems), self.work.clock())
        console.print()

    def give_keys(self, emails: Iterable[str]) -> None:
        """Let these people make their keys, as each would on a machine of their own, where they have none yet."""
        for email in dict.fromkeys(emails):
            if not key_file(self.home.keys, email).exists():
                self.acme("keys", "init", "--as", email, "--no-passphrase", "--enrol")

    def acme(self, *arguments: str) -> None:
        """Run the `acme` command as a person would, on this stack.

        Raises:
            RehearsalFailed: it ended with an error.
        """
        console.print(f"[bold]$ acme {' '.join(arguments)}[/]", soft_wrap=True)
        command = [str(Path(sys.executable).parent / "acme"), *arguments]
        if subprocess.run(command, env=self.variables(), check=False).returncode:
            raise RehearsalFailed(f"acme {' '.join(arguments)} failed")

    def variables(self) -> dict[str, str]:
        """The environment of this stack's commands."""
        return {**os.environ, **environment(self.home, {}), "ACME_CLIENTS": os.environ["ACME_CLIENTS"]}


def _line(night: NightStatus) -> str:
    step = night.blocked_by
    state = f"[{STATE_STYLE[night.state]}]{night.state}[/]"
    done = sum(item.state == "done" for item in night.steps)
    reason = f": {step.name}" if step else ""
    return f"{night.client_id:20} {state}{reason} ({done}/{len(night.steps)} steps done)"


@contextmanager
def rehearsal(name: str, clients: str, business_date: date, *, keep: bool) -> Iterator[Rehearsal]:
    """A stack in a home of its own (`.acme/<name>`), stopped at the end unless `keep`."""
    base = Path(os.environ.get("ACME_HOME") or REPOSITORY / ".acme")
    os.environ |= {"ACME_HOME": str(base / name), "ACME_CLIENTS": clients}
    os.environ.setdefault("ACME_SENSOR_SECONDS", "2")
    for variable in _OF_THE_PERSON:
        os.environ.pop(variable, None)
    home = Home.from_environment(os.environ)
    started = time.monotonic()
    run = Rehearsal(home, _platform(home), business_date, started)
    is_kept = False
    try:
        run.address = stack.up(home, run.say, prepare)
        yield run
        is_kept = keep
        if keep:
            run.say(f"the stack keeps running at {run.address}; stop it with: ACME_HOME={home.root} acme stack down")
    finally:
        if not is_kept:
            stack.down(home)
            run.say("the stack is stopped")


def _platform(home: Home) -> Platform:
    return platform_from({**os.environ, **environment(home, {})})


def is_settled(expected: Iterable[str], states: Sequence[str]) -> Callable[[Mapping[str, NightStatus]], bool]:
    """Whether all these clients are in one of these states."""
    wanted = tuple(expected)
    return lambda nights: all(nights[client_id].state in states for client_id in wanted)
