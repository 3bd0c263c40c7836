"""The forecast on trial in a simulated world: is a night that is said to miss with 0.7 missed seven times in ten?

CLIENTS, NIGHTS, WARM (nights whose forecasts only correct the next), SEED: from the environment. The last line is JSON.
"""

import json
import os
from datetime import date, timedelta

from acme_assets.simulation.sla_trial import days, trial
from acme_assets.simulation.sla_world import make_world
from acme_assets.sla.scoring import worst_bin

ENOUGH = 200


def main() -> None:
    """Run the trial and print what it found."""
    asked = {"CLIENTS": 120, "NIGHTS": 60, "WARM": 30, "SEED": 11}
    clients, nights, warm, seed = (int(os.environ.get(name, default)) for name, default in asked.items())
    print(f"{clients} clients, {nights} nights after {warm} whose forecasts correct the next, seed {seed}")
    found = trial(
        make_world(clients, seed=seed),
        days(date(2026, 1, 5), nights),
        warm=warm,
        every=timedelta(minutes=60),
        samples=400,
    )
    print(f"{'P(miss)':>12} {'cases':>7} {'nights':>7} {'said':>6} {'was':>6} {'error':>7}")
    for each in found.reliability():
        if each.cases:
            said = f"{each.low:.1f} to {each.high:.1f}"
            print(
                f"{said:>12} {each.cases:7,} {each.subjects:7,} {each.mean:6.3f} {each.observed:6.3f} "
                f"{each.error:+7.3f}"
            )
    flags, worst = found.alarms(), worst_bin(found.reliability(), ENOUGH)
    print(f"misses {flags.misses}, flagged {flags.flagged_misses}, false alarms {flags.false_alarm_rate:.0%}")
    figures = found.scores() | {
        "worst_error": abs(worst.error) if worst else 0.0,
        "median_lead_min": flags.median_lead,
        "median_lead_of_flagged_min": flags.median_lead_flagged,
        "false_alarm_rate": flags.false_alarm_rate,
    }
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
