"""The environment of the tests, whatever the machine's own `.env` says; pytest loads it before Django."""

import os

os.environ.update(
    SMSREPORTS_MODE="local",
    SECRET_KEY="a key that the tests alone use, of fifty characters",
    DEBUG="off",
)
