"""Nights on the real stack with random faults, and what must hold after each of them.

| module | what belongs in it |
|---|---|
| `drawn` | which faults befall which night: all of it from the seed (pure) |
| `acts` | the faults themselves: each begins and, where it lasts, ends |
| `kept_stack` | the stack with its supervisor, on a small disk, with a clock that can be stepped |
| `startup` | on PYTHONPATH of the stack: steps the platform's clock in each of its processes |
| `listener` | the channel that every message leaves by: what was said, and how often |
| `driving` | one night: deliver, sign, begin and end faults, and know when all is over |
| `resending` | what clients send again |
| `invariants` | what is wrong with a night that is over, from the ledger |

    make chaos
    make chaos NIGHTS=30 SEED=7

NIGHTS, SEED, CLIENTS (of each night), FEEDS (of each client at most), FAULTS (a night), SECONDS (into which a night's
arrivals are compressed), LIMIT_MINUTES (until a night is given up), FROM (the first night to play, to repeat one: they
count from 0), KEEP=1 to leave the folder with the logs.
"""
