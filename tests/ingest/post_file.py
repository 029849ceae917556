"""Post a file's lines and print how many were accepted: `python -m tests.ingest.post_file URL KEY FILE`."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import requests

INGEST_PATH = "/api/v1/ingest"
# As many lines as a gateway sends that collects receipts.
LINES_PER_REQUEST = 1000


def split_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        while body := b"".join(islice(lines, LINES_PER_REQUEST)):
            yield body


def main(url: str, key: str, file: str) -> int:
    with requests.Session() as session:
        session.headers.update({"X-API-Key": key, "Content-Type": "application/x-ndjson"})
        for body in split_file(Path(file)):
            response = session.post(f"{url}{INGEST_PATH}", body, timeout=60)
            if response.status_code != 200 or response.json()["rejected"]:
                sys.stderr.write(f"{response.status_code} {response.text}\n")
                return 1
            sys.stdout.write(f"{response.json()['accepted']} accepted\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
