"""`python -m o2o.embedded …`: run O2O on one machine, or prepare a database server for it."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from o2o.embedded import preparing
from o2o.embedded.errors import EmbeddedError
from o2o.embedded.output import Output
from o2o.embedded.record import live_record, only_one
from o2o.embedded.running import find_running, urls
from o2o.embedded.state import default_data_dir, locked, read_running
from o2o.embedded.supervisor import Supervisor, Wishes, seed_running


def up(options: argparse.Namespace) -> int:
    """Run everything until Ctrl-C, or say that it runs already."""
    output = Output()
    wishes = Wishes(options.data_dir, only_services=options.only == "services", seed=options.seed, port=_wished_port())
    with only_one(options.data_dir) as is_ours:
        if is_ours:
            Supervisor(wishes, output).run()
            return 0
    output.say(_what_runs(options.data_dir))
    if options.seed and (environment := find_running(options.data_dir)):
        seed_running({**environment, "O2O_DATA_DIR": str(options.data_dir)}, output)
    return 0


def _wished_port() -> int | None:
    text = os.environ.get("PORT", "")
    if text and not (text.isdecimal() and 0 < int(text) < 65536):
        message = f"PORT={text} is no port: use a number from 1 to 65535"
        raise EmbeddedError(message)
    return int(text) if text else None


def status(options: argparse.Namespace) -> int:
    """Say what runs; code 1 if nothing does."""
    if live_record(options.data_dir):
        print(_what_runs(options.data_dir))
    elif urls(options.data_dir) and (running := read_running(options.data_dir)):
        print(f"the servers run, started by process {running.owner.pid}")
    else:
        print(f"nothing runs in {options.data_dir}")
        return 1
    return 0


def _what_runs(data_dir: Path) -> str:
    record = live_record(data_dir)
    if record is None:
        return "another `up` is just starting or ending here"
    where = record.address or ("the servers only" if record.is_ready else "starting")
    return f"already runs: {where} (process {record.mark.pid}); end it with `python -m o2o.embedded stop`"


def stop(options: argparse.Namespace) -> int:
    """End the running `up` and wait for it."""
    record = live_record(options.data_dir)
    if record is None:
        print(f"nothing runs in {options.data_dir}")
        return 0
    record.mark.send(signal.SIGTERM)
    if record.mark.wait(90.0):
        print("ended")
        return 0
    print(f"process {record.mark.pid} has not ended within 90 s", file=sys.stderr)
    return 1


def reset(options: argparse.Namespace) -> int:
    """Throw the data away, after asking."""
    folder: Path = options.data_dir
    if not folder.exists():
        print(f"there is no data in {folder}")
        return 0
    with only_one(folder) as is_ours:
        if not is_ours or urls(folder):
            print(f"{_what_runs(folder)}", file=sys.stderr)
            return 1
        if not options.yes and input(f"Delete all data in {folder}? Type yes: ").strip() != "yes":
            print("nothing was deleted")
            return 1
        with locked(folder):
            for name in ("postgres", "postgres.new", "valkey", "media", "log", "test"):
                shutil.rmtree(folder / name, ignore_errors=True)
            for path in (*folder.glob("*.json"), *folder.glob("beat*")):
                path.unlink()
    print(f"the data in {folder} is deleted")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m o2o.embedded", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for run, words in (
        (up, "run the servers, migrations, web, workers and beat, until Ctrl-C"),
        (status, "say what runs"),
        (stop, "end the running `up`"),
        (reset, "throw the data away"),
    ):
        command = commands.add_parser(run.__name__, help=words, description=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument("--data-dir", type=lambda text: Path(text).absolute(), default=default_data_dir())
        if run is up:
            command.add_argument("--only", choices=("services",), help="only the servers")
            command.add_argument("--seed", action="store_true", help="fill in the demo data after migrating")
        if run is reset:
            command.add_argument("--yes", action="store_true", help="do not ask")
    preparing.add_command(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do it; an EmbeddedError becomes a message and code 1."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except EmbeddedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
