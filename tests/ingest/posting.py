"""`python -m tests.ingest.posting URL KEY FILE` posts a file's lines, and tells how many were accepted."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import requests

DOOR = "/api/v1/ingest"
# Lines of one request, as a gateway that collects receipts sends them.
LINES = 1000


def bodies(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        while body := b"".join(islice(lines, LINES)):
            yield body


def main(url: str, key: str, file: str) -> int:
    with requests.Session() as session:
        session.headers.update({"X-API-Key": key, "Content-Type": "application/x-ndjson"})
        for body in bodies(Path(file)):
            answer = session.post(f"{url}{DOOR}", body, timeout=60)
            if answer.status_code != 200 or answer.json()["rejected"]:
                sys.stderr.write(f"{answer.status_code} {answer.text}\n")
                return 1
            sys.stdout.write(f"{answer.json()['accepted']} accepted\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
