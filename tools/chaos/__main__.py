"""`python -m tools.chaos`: nights with faults, one after the other on one stack; exits with 1 where one ended wrong."""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import randrange

from rich.console import Console

from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.simulation.fleet import write_fleet
from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.night_plan import plan_night
from client_partitions.feeds import FEEDS
from client_partitions.registry import load_registry
from tools.bench_night.figures import spread
from tools.bench_night.night import Night
from tools.chaos.drawn import LASTING, draw
from tools.chaos.driving import ChaosNight, Ended
from tools.chaos.kept_stack import KeptStack, kept_stack


@dataclass(frozen=True)
class Settings:
    """What the environment asks for."""

    nights: int
    first: int
    seed: int
    clients: int
    feeds: int
    faults: int
    seconds: float
    limit_minutes: float
    keep: bool
    kinds: tuple[str, ...]

    @classmethod
    def read(cls, env: "os._Environ[str]") -> "Settings":
        """From the environment."""
        kinds = tuple(item.strip() for item in (env.get("KINDS") or "").split(",") if item.strip())
        return cls(
            int(env.get("NIGHTS") or 3),
            int(env.get("FROM") or 0),
            int(env.get("SEED") or randrange(1_000_000)),
            int(env.get("CLIENTS") or 10),
            int(env.get("FEEDS") or len(FEEDS)),
            int(env.get("FAULTS") or 5),
            float(env.get("SECONDS") or 25),
            float(env.get("LIMIT_MINUTES") or 8),
            env.get("KEEP", "") not in ("", "0"),
            kinds or tuple(LASTING),
        )


def main() -> None:
    """Play them; the last line is JSON."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    settings = Settings.read(os.environ)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    if settings.first + settings.nights > LOOKBACK.days - 2:
        sys.exit(f"{LOOKBACK.days - 2} nights at most: older business dates are not looked at; give another SEED")
    if unknown := set(settings.kinds) - set(LASTING):
        sys.exit(f"KINDS: {', '.join(sorted(unknown))} is none of {', '.join(LASTING)}")
    console.print(f"SEED={settings.seed} NIGHTS={settings.nights}: the same again with these")
    folder = Path(tempfile.mkdtemp(prefix="acme-chaos-", dir="/tmp"))
    try:
        ended = play(folder, settings, console)
    finally:
        if settings.keep:
            console.print(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    line = last_line(ended, settings)
    console.print()
    print(json.dumps(line))
    sys.exit(1 if line["violations"] else 0)


def play(folder: Path, settings: Settings, console: Console) -> dict[date, Ended]:
    """All nights, each of a business date of its own, the last of them two days back."""
    write_fleet(folder / "clients", settings.clients, settings.seed, settings.feeds)
    nights = {}
    with kept_stack(folder) as stack:
        console.print(f"the stack is up at {stack.own.address}; disk of its own: {'yes' if stack.disk else 'no'}")
        for number in range(settings.first, settings.first + settings.nights):
            day = datetime.now(UTC).date() - timedelta(days=1 + settings.first + settings.nights - number)
            console.print(f"\n[bold]night {number}[/], business date {day}")
            nights[day] = ended = one(stack, folder, settings, number, day, console)
            console.print(
                f"{ended.wall_seconds:.0f} s, {sum(ended.faults.values())} faults"
                + (f"; left out: {', '.join(ended.left_out)}" if ended.left_out else "")
                + (f"; went on after {', '.join(f'{item:.0f}' for item in ended.resumed)} s" if ended.resumed else "")
            )
            for problem in ended.violations:
                console.print(f"[bold red]violation:[/] {problem}", soft_wrap=True)
            if settings.keep and ended.violations:
                shutil.copytree(stack.own.home.logs, folder / f"logs-{number}", dirs_exist_ok=True)
    return nights


def one(stack: KeptStack, folder: Path, settings: Settings, number: int, day: date, console: Console) -> Ended:
    """One night."""
    clients = load_registry(folder / "clients").clients
    seed = settings.seed * 100 + number
    plan = plan_night(list(clients.values()), day, seed).compressed(timedelta(seconds=settings.seconds))
    files = tuple(tuple(files_of(clients[item.client_id], day, seed, item)) for item in plan.arrivals)
    faults = draw(settings.seed, number, settings.faults, settings.seconds * 2, settings.kinds)
    console.print(f"drawn: {', '.join(f'{item.kind} at {item.at:.0f} s' for item in faults)}", soft_wrap=True)
    return ChaosNight(stack, Night(day, clients, plan, files), seed, faults, console).play(settings.limit_minutes * 60)


def last_line(ended: dict[date, Ended], settings: Settings) -> dict[str, object]:
    """What programs read."""
    faults = sum((item.faults for item in ended.values()), Counter[str]())
    resumed = spread([seconds for item in ended.values() for seconds in item.resumed])
    return {
        "nights": len(ended),
        "clients": settings.clients,
        "faults": sum(faults.values()),
        "violations": sum(len(item.violations) for item in ended.values()),
        "seed": settings.seed,
        "kinds": dict(sorted(faults.items())),
        "left_out": sum(len(item.left_out) for item in ended.values()),
        "night_seconds": round(sum(item.wall_seconds for item in ended.values()) / max(1, len(ended)), 1),
        "went_on_after_seconds": {"p50": round(resumed.p50, 1), "most": round(resumed.largest, 1)} if resumed else None,
    }


if __name__ == "__main__":
    main()
