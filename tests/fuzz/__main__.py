"""`python -m tests.fuzz`: schemathesis on a real server, with demo traffic in a database of its own; exit 1 on a fault.

What is switched on and off, and why, stands in `schemathesis.toml`; what the description cannot say, in `hooks`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django
import requests

HERE = Path(__file__).parent
# Cases in all; each operation gets its share of those that are drawn, the others come on top.
CASES = 10_000
SEED = 20260213
MESSAGES, SENDS = 3000, 1000


def main() -> int:
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    from tests import environment  # noqa: F401  # before the settings

    django.setup()
    from tests.server import database_url, serving
    from tests.soak import own_database

    with own_database("fuzz_smsreports"), tempfile.TemporaryDirectory() as logs:
        key = _traffic()
        with serving(Path(logs, "log"), DATABASE_URL=database_url(), LOG_LEVEL="ERROR") as server:
            done = _fuzz(server.url, key, arguments)
            sys.stdout.write(server.log.read_text()[-5000:])
    return done


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--cases", type=int, default=int(os.environ.get("CASES") or CASES), help="default: CASES, or 10,000"
    )
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("SEED") or SEED), help=f"default: SEED, or {SEED}"
    )
    parser.add_argument("more", nargs="*", help="for schemathesis, behind --")
    return parser.parse_args()


def _traffic() -> str:
    """Load the demo's, and what the description's examples ask for; return a key that may do everything with it."""
    from django.core.management import call_command

    from smsreports.accounts.keys import create_key
    from smsreports.accounts.models import Account, Scope
    from smsreports.audit.models import Export, ExportEnd
    from smsreports.dialects.telecom23.examples import CODE, EXPORT_ID
    from tests.conftest import load, message

    call_command("demo", messages=MESSAGES, sends=SENDS, verbosity=0)
    load([message(client_message_id=CODE, request_id="r-77")])
    account = Account.objects.get(name="acme")
    key = create_key(account, list(Scope))
    shown = {"account": account, "key": account.api_keys.get(), "format": "csv", "total": 2, "limit": 9}
    export = Export.everyones.create(pk=EXPORT_ID, **shown)
    ExportEnd.objects.create(export=export, rows=2, bytes=99, sha256="0" * 64, is_whole=True)
    return key


def _fuzz(url: str, key: str, arguments: argparse.Namespace) -> int:
    operations = sum(map(len, requests.get(f"{url}/api/schema", timeout=30).json()["paths"].values()))
    sys.stdout.write(
        f"Seed {arguments.seed}; the same again: SEED={arguments.seed} CASES={arguments.cases} make fuzz\n"
    )
    sys.stdout.flush()
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"{url}/api/schema", "--max-examples", str(arguments.cases // operations + 1)]
    command += ["--seed", str(arguments.seed), *arguments.more]
    named = {"FUZZ_KEY": key, "FUZZ_CURSORS": " ".join(_cursors(url, key)), "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks"}
    return subprocess.run(command, env=os.environ | named, check=False).returncode


def _cursors(url: str, key: str) -> list[str]:
    """Places that the server hands out: nobody else can make one."""
    page = requests.get(f"{url}/api/v1/sms/messages/unified?page=3", headers={"X-API-Key": key}, timeout=30)
    return [page.links[way]["url"].split("cursor=")[1] for way in ("next", "prev")]


if __name__ == "__main__":
    sys.exit(main())
