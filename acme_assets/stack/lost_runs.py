"""Runs that a dead stack left unfinished: ended, because they would hold places in the run queue for ever.

Run as a program (`python -m acme_assets.stack.lost_runs`), in the stack's environment and while no worker lives. A
runner that lives ends the runs of its dead workers itself.
"""

from contextlib import closing

import psycopg2

from acme_assets.stack.errors import StackError
from acme_assets.stack.settings import DAGSTER_DATABASE, Home, database_url, socket_folder

_UNDER_WAY = ("STARTING", "STARTED", "CANCELING")
_WHY = "The stack stopped while this run was under way."


def count(home: Home) -> int:
    """How many there are, asked in SQL: importing Dagster for the usual answer, none, would take 2 s.

    Raises:
        StackError: the database does not answer.
    """
    url = database_url(socket_folder(home.postgres), DAGSTER_DATABASE, "postgresql")
    try:
        connected = psycopg2.connect(url)
    except psycopg2.OperationalError as error:
        raise StackError(f"Dagster's database does not answer: {str(error).strip()}") from error
    with closing(connected) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.runs') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute("SELECT count(*) FROM runs WHERE status IN %s", (_UNDER_WAY,))
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def main() -> None:
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    statuses = [DagsterRunStatus[name] for name in _UNDER_WAY]
    with DagsterInstance.get() as instance:
        for run in instance.get_runs(RunsFilter(statuses=statuses)):
            if run.status == DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, _WHY)
            else:
                instance.report_run_failed(run, _WHY)
            print(f"Ended run {run.run_id} of {run.job_name}: {run.status.value}")


if __name__ == "__main__":
    main()
