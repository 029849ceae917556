"""Environment variables of the tests, which override the machine's `.env`. pytest loads this before Django."""

import os

os.environ.update(
    SMSREPORTS_MODE="local",
    SECRET_KEY="a key that the tests alone use, of fifty characters",
    DEBUG="off",
)
