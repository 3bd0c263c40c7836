"""A busy night on the real stack, with and without three days of one client's files that come at once in its midst.

| module | what belongs in it |
|---|---|
| `files` | the night in hand, and the three days before it |
| `backfilling` | who delivers the three days, compares the plan with a search of the graph, and starts the backfill |
| `__main__` | the same night on two stacks, one after the other, and what came of it |

    make bench-backfill
    make bench-backfill CLIENTS=40 SEED=3

CLIENTS (24), SEED, MINUTES (into which the night's arrivals are compressed, 1.5), LIMIT_MINUTES (of each of the two).
The platform's clock is set to a moment at which the same night is in hand for all clients, whatever their zones.
"""
