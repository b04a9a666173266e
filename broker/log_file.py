"""The broker's log on disk: rotating, written by a thread of its own, so that no disk holds up voice."""

from __future__ import annotations

import logging
import queue
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import Final

from common.errors import BadSetting

_FILE_BYTES: Final = 4 * 2**20
_OLD_FILES: Final = 3


class _PrivateFile(RotatingFileHandler):
    """It holds addresses: nobody else reads it, nor those that were rotated away."""

    def _open(self) -> TextIOWrapper:
        opened = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return opened


class LogFile:
    """Open from the start on. Raises `BadSetting` if the file cannot be written."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = _PrivateFile(path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
        except OSError as error:
            raise BadSetting(f"The log {path} cannot be written: {error.strerror}. Choose another by --log.") from error
        file.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d %(message)s", "%Y-%m-%d %H:%M:%S"))
        waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._file = file
        self._logger = logging.getLogger("secure-chat-broker")
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        self._queue = QueueHandler(waiting)
        self._logger.addHandler(self._queue)
        self._writer = QueueListener(waiting, file)
        self._writer.start()

    def write(self, line: str) -> None:
        """Append a line with the time in front. Returns at once; from any thread."""
        self._logger.info("%s", line)

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._logger.removeHandler(self._queue)
        self._writer.stop()
        self._file.close()
