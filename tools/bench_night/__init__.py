"""The whole night through the real stack, and what it costs.

| module | what belongs in it |
|---|---|
| `night` | the fleet, the plan and the files, all made before the clock starts |
| `own_stack` | a stack in a home of its own, with the keys of those who sign |
| `driver` | clients and analysts: deliver, sign, and know when the night is over |
| `verdict` | what each client's end should be, and what it is |
| `meter` | samples of the stack's processes |
| `cpu` | whose CPU seconds they were (pure) |
| `pages` | pages of Dagster's UI, asked while the night runs |
| `ui_queries` | the UI's own queries, out of its bundle |
| `ledger` | tasks and waits, from the warehouse's ledger |
| `dagster_side` | runs, events, waits and sizes, from Dagster's database |
| `figures` | percentiles (pure) |
| `report` | the tables, and the last line |

    make bench-night
    CLIENTS=20 make bench-night

CLIENTS, SEED, MINUTES (of wall that the arrivals are compressed into), LIMIT_MINUTES, ACME_SENSOR_SECONDS, and KEEP=1
to leave the stack running.
"""
