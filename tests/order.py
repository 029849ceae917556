"""Run the tests in a random order, by `--order random`, or again in the order of a printed seed, by `--order SEED`.

Without it, a run is like the one before: hypothesis tries the same examples, and new ones by the seed.
"""

import random
from collections.abc import Generator
from itertools import groupby
from typing import Any

import pytest

SEED = pytest.StashKey[str | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--order",
        metavar="SEED",
        help="shuffle the files, and the tests within each, by this number; `random` picks a number and prints it",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    from hypothesis import settings

    seed: str | None = getattr(config, "workerinput", {}).get("order") or config.getoption("order")
    config.stash[SEED] = seed = str(random.SystemRandom().randrange(10_000)) if seed == "random" else seed
    # No deadline, because a busy machine would exceed it by chance.
    settings.register_profile("suite", deadline=None, derandomize=seed is None)
    settings.load_profile("suite")
    if seed and config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = seed


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the seed to a process of xdist: all processes must collect in the same order."""
    node.workerinput["order"] = node.config.stash[SEED]


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.stash[SEED]
    return seed and f"random order: --order {seed}"


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Shuffle before other plugins sort: pytest-django puts the tests that empty the database last."""
    if seed := config.stash[SEED]:
        # A separate generator, because tests may use the global one.
        generator = random.Random(seed)
        files = [list(tests) for _, tests in groupby(items, key=lambda test: test.path)]
        generator.shuffle(files)
        for tests in files:
            generator.shuffle(tests)
        items[:] = [test for tests in files for test in tests]
    return (yield)
