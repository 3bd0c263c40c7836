import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest
import sqlalchemy as sa

from acme_assets.stack import postgres
from acme_assets.stack.errors import StackError
from acme_assets.stack.postgres import temporary_server
from acme_assets.stack.settings import REPOSITORY, Home, socket_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="acme-stack-", dir="/tmp") as path:
        yield Path(path)


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    made = Home(folder / "home")
    yield made
    postgres.stop(made)


def one(home: Home, statement: str, database: str = "acme") -> object:
    engine = sa.create_engine(postgres.server_of(home).url(database), poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement))
        return result.scalar() if result.returns_rows else None


def test_start_makes_both_databases_and_what_is_committed_outlives_a_stop(home: Home) -> None:
    assert postgres.start(home) is True
    assert postgres.start(home) is False
    assert one(home, "SELECT current_database()", "dagster") == "dagster"
    one(home, "CREATE TABLE kept AS SELECT 1 AS n")
    assert postgres.stop(home) is True
    assert postgres.stop(home) is False
    assert not postgres.is_running(home)
    postgres.start(home)
    assert one(home, "SELECT n FROM kept") == 1


def test_settings_are_safe_for_data_and_the_same_on_every_machine(home: Home) -> None:
    postgres.start(home)
    assert one(home, "SHOW fsync") == "on"
    assert one(home, "SHOW max_connections") == "200"
    assert one(home, "SHOW listen_addresses") == ""
    assert one(home, "SHOW timezone") == "UTC"
    assert one(home, "SELECT 'Z' < 'a' AND 'z' < 'é'") is True, "text must sort by code point"


def test_a_server_that_was_killed_comes_back_with_what_was_committed(home: Home) -> None:
    postgres.start(home)
    one(home, "CREATE TABLE kept AS SELECT 1 AS n")
    process = postgres.server_of(home).postmaster()
    assert process
    process.kill()
    assert postgres.start(home) is True
    assert one(home, "SELECT n FROM kept") == 1


def test_a_stale_pid_file_that_names_a_stranger_is_no_server(home: Home) -> None:
    postgres.start(home)
    pid_file = home.postgres / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    process = postgres.server_of(home).postmaster()
    assert process
    process.kill()
    process.wait()
    for stale in (pid_file, home.postgres / ".s.PGSQL.5432.lock"):
        stale.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    assert not postgres.is_running(home)
    assert postgres.stop(home) is False
    assert postgres.start(home) is True
    assert psutil.pid_exists(os.getppid())


def test_a_path_that_is_too_long_for_a_socket_works(folder: Path) -> None:
    home = Home(folder / ("long" * 30))
    postgres.start(home)
    try:
        assert postgres.server_of(home).socket == socket_folder(home.postgres) != home.postgres
        assert one(home, "SELECT 1") == 1
        assert stat.S_IMODE(socket_folder(home.postgres).stat().st_mode) == 0o700
    finally:
        postgres.stop(home)
    assert not socket_folder(home.postgres).exists()


def test_a_path_with_quotes_commas_and_spaces_works(folder: Path) -> None:
    home = Home(folder / """it's "a", b""")
    postgres.start(home)
    try:
        assert one(home, "SELECT 1") == 1
    finally:
        postgres.stop(home)


def test_data_of_another_version_is_named_and_left_alone(home: Home) -> None:
    home.postgres.mkdir(parents=True)
    (home.postgres / "PG_VERSION").write_text("16\n")
    with pytest.raises(StackError, match=r"made by PostgreSQL 16; .* runs PostgreSQL 18"):
        postgres.start(home)
    assert [path.name for path in home.postgres.iterdir()] == ["PG_VERSION"]


def test_a_folder_with_other_things_in_it_is_left_alone(home: Home) -> None:
    home.postgres.mkdir(parents=True)
    (home.postgres / "thesis.txt").write_text("mine")
    with pytest.raises(StackError, match="not empty and is not a PostgreSQL data folder"):
        postgres.start(home)
    assert [path.name for path in home.postgres.iterdir()] == ["thesis.txt"]


def test_a_server_that_cannot_start_says_why_and_leaves_no_process(home: Home) -> None:
    postgres.start(home)
    postgres.stop(home)
    with (home.postgres / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(StackError, match="no_such_setting"):
        postgres.start(home)
    assert not postgres.is_running(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_cannot_log_in_even_where_the_folders_are_open(home: Home) -> None:
    postgres.start(home)
    attempt = f"""if 1:
        import socket
        with socket.socket(socket.AF_UNIX) as client:
            client.connect({str(home.postgres / ".s.PGSQL.5432")!r})
    """

    def connect() -> str:
        done = subprocess.run(["/usr/bin/env", "python3", "-c", attempt], user=65534, capture_output=True, text=True)
        return done.stderr.strip().splitlines()[-1] if done.stderr else ""

    assert "Permission" in connect()
    home.postgres.chmod(0o755)
    assert "Permission" in connect()
    assert (home.postgres / "pg_hba.conf").read_text() == "local all all peer map=acme\n"


def test_fresh_databases_are_apart_and_copies_of_a_template_carry_its_tables() -> None:
    made: list[str] = []

    def migrate(url: str) -> None:
        made.append(url)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE ledger (id int PRIMARY KEY)"))
        engine.dispose()

    with temporary_server() as server:
        first = server.fresh_database(server.template("ledger_template", migrate))
        second = server.fresh_database(server.template("ledger_template", migrate))
        with sa.create_engine(first).begin() as connection:
            connection.execute(sa.text("INSERT INTO ledger VALUES (1)"))
        with sa.create_engine(second).begin() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM ledger")).scalar() == 0
        with sa.create_engine(server.url).begin() as connection:
            assert connection.execute(sa.text("SELECT to_regclass('ledger')")).scalar() is None
        assert len(made) == 1
        socket = server.socket
    assert not socket.parent.exists()
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(socket) in (p.info["cmdline"] or [])]


def test_a_template_whose_preparation_failed_is_made_anew() -> None:
    def fail(url: str) -> None:
        with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE half (id int)")
            connection.commit()
        raise RuntimeError("half way")

    with temporary_server() as server:
        with pytest.raises(RuntimeError, match="half way"):
            server.template("ledger_template", fail)
        with sa.create_engine(server.fresh_database(server.template("ledger_template", lambda url: None))).begin() as c:
            assert c.execute(sa.text("SELECT to_regclass('half')")).scalar() is None


def test_the_server_of_a_test_session_that_was_killed_is_removed_by_the_next() -> None:
    program = (
        "from acme_assets.stack.postgres import temporary_server\n"
        "with temporary_server() as server:\n"
        "    print(server.socket, flush=True)\n"
        "    input()\n"
    )
    session = subprocess.Popen(
        [sys.executable, "-c", program], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert session.stdout
    assert session.stdin
    left = Path(session.stdout.readline().strip())
    session.send_signal(signal.SIGKILL)
    session.wait()
    session.stdout.close()
    session.stdin.close()
    assert left.exists()
    with temporary_server():
        assert not left.parent.exists()
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(left) in (p.info["cmdline"] or [])]
