"""`python -m tests.fuzz`: schemathesis against a server with demo traffic in its own database; exit 1 on a failure.

`schemathesis.toml` selects the checks, with reasons; `hooks` adds rules that the OpenAPI document cannot express.
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
# Random cases of all operations together; the cases that schemathesis enumerates are extra.
CASES = 10_000
SEED = 20260213
MESSAGES, SENDS = 3000, 1000


def main() -> int:
    arguments = _parse_arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    from tests import environment  # noqa: F401  # before the settings

    django.setup()
    from tests.server import database_url, serving
    from tests.soak import own_database

    with own_database("fuzz_smsreports"), tempfile.TemporaryDirectory() as logs:
        key = _load_traffic()
        with serving(Path(logs, "log"), DATABASE_URL=database_url(), LOG_LEVEL="ERROR") as server:
            done = _run_schemathesis(server.url, key, arguments)
            sys.stdout.write(server.log.read_text()[-5000:])
    return done


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--cases", type=int, default=int(os.environ.get("CASES") or CASES), help="default: CASES, or 10,000"
    )
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("SEED") or SEED), help=f"default: SEED, or {SEED}"
    )
    parser.add_argument("more", nargs="*", help="options for schemathesis, after --")
    return parser.parse_args()


def _load_traffic() -> str:
    """Load demo traffic and the rows of the document's examples; return a key with all scopes."""
    from django.core.management import call_command

    from smsreports.accounts.keys import create_key
    from smsreports.accounts.models import Account, Scope
    from smsreports.audit.models import Export, ExportEnd
    from smsreports.dialects.telecom23 import dialect
    from tests.conftest import load_lines, message_line

    export_id, message_id = (
        parameter.example for endpoint in dialect.endpoints for parameter in endpoint.path_parameters
    )
    call_command("demo", messages=MESSAGES, sends=SENDS, verbosity=0)
    load_lines([message_line(client_message_id=message_id, request_id="r-77")])
    account = Account.objects.get(name="acme")
    key = create_key(account, list(Scope))
    fields = {"account": account, "key": account.api_keys.get(), "format": "csv", "total": 2, "limit": 9}
    export = Export.unscoped.create(pk=str(export_id), **fields)
    ExportEnd.objects.create(export=export, rows=2, bytes=99, sha256="0" * 64, is_whole=True)
    return key


def _run_schemathesis(url: str, key: str, arguments: argparse.Namespace) -> int:
    operations = sum(map(len, requests.get(f"{url}/api/schema", timeout=30).json()["paths"].values()))
    sys.stdout.write(f"Seed {arguments.seed}; to repeat: SEED={arguments.seed} CASES={arguments.cases} make fuzz\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"{url}/api/schema", "--max-examples", str(arguments.cases // operations + 1)]
    command += ["--seed", str(arguments.seed), *arguments.more]
    environment = {
        "FUZZ_KEY": key,
        "FUZZ_CURSORS": " ".join(_fetch_cursors(url, key)),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
    }
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def _fetch_cursors(url: str, key: str) -> list[str]:
    """Return cursors from the server, which signs them."""
    page = requests.get(f"{url}/api/v1/sms/messages/unified?page=3", headers={"X-API-Key": key}, timeout=30)
    return [page.links[direction]["url"].split("cursor=")[1] for direction in ("next", "prev")]


if __name__ == "__main__":
    sys.exit(main())
