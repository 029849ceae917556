"""Logger class that sends gunicorn's messages to the project's log."""

from gunicorn.config import Config
from gunicorn.glogging import Logger


class Log(Logger):
    """Passes all messages to the root logger, which adds the request's id and redacts data of callers."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True
