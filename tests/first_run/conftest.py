"""Folders in which the commands run."""

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
    bare.link_venv()
    return bare


@pytest.fixture(scope="module")
def shared() -> Iterator[Folder]:
    """A folder for a module whose tests use the data of earlier ones."""
    with TemporaryDirectory() as path:
        folder = Folder(Path(path) / "shared")
        folder.link_venv()
        yield folder
