"""The packages of the wheel: pyproject.toml, which says the rest, cannot both find packages and map a folder to one."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["smsreports", "smsreports.*", "*_app", "*_app.*"]),
        # `templates/` stands beside the packages in a checkout and inside of them in a wheel.
        "smsreports.templates",
    ],
    package_dir={"smsreports.templates": "templates"},
)
