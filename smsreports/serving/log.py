"""gunicorn's words in the project's own log."""

from typing import Any

from gunicorn.glogging import Logger


class Log(Logger):
    """Hands everything to the root logger, whose lines carry the request's id and withhold what was asked."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
