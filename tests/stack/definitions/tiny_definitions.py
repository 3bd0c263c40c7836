"""The smallest code location that shows what the stack must do: one run that ends, and one that does not."""

import time

import dagster as dg


@dg.op
def end() -> None:
    pass


@dg.op
def go_on() -> None:
    time.sleep(600)


@dg.job(executor_def=dg.in_process_executor)
def quick() -> None:
    end()


@dg.job
def endless() -> None:
    go_on()


defs = dg.Definitions(jobs=[quick, endless])
