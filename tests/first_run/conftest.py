"""Folders to run the commands in."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.first_run.folder import Folder


@pytest.fixture
def bare(tmp_path: Path) -> Folder:
    """The project as it is unpacked, in a folder whose name has a space."""
    return Folder(tmp_path / "my folder")


@pytest.fixture
def installed(bare: Folder) -> Folder:
    """The project with its packages, and nothing else."""
    bare.lend_venv()
    return bare


@pytest.fixture(scope="module")
def shared() -> Iterator[Folder]:
    """One for a module whose tests go on from each other's data."""
    with TemporaryDirectory() as path:
        folder = Folder(Path(path) / "shared")
        folder.lend_venv()
        yield folder
