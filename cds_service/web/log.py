"""The log: one line of JSON per entry, on standard error; never anything of a patient."""

import linecache
import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from logging.config import dictConfig
from pathlib import Path
from traceback import walk_tb
from typing import Any

import msgspec
import structlog
from flask import g, has_app_context


def _named(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The request id in every entry that a request leads to, wherever in the service it is written."""
    if has_app_context() and "request_id" in g:
        entry.setdefault("request_id", g.request_id)
    return entry


_COMMON: list[Any] = [_named, structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
_PACKAGE = str(Path(__file__).resolve().parent.parent)


def configure(level: str) -> None:
    """Log entries of `level` and above, ours by structlog and those of libraries alike, as JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_COMMON, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(),
    )
    dictConfig(FOREIGN)


def frames(error: BaseException) -> list[str]:
    """Where in our own code an exception passed, outermost first: file, line and function, never a value."""
    walked = ((x.f_code, line) for x, line in walk_tb(error.__traceback__))
    ours = ((code, line) for code, line in walked if code.co_filename.startswith(_PACKAGE))
    return [f"{Path(code.co_filename).relative_to(_PACKAGE)}:{line} {code.co_name}" for code, line in ours]


class _Lines:
    """Writes lines to standard error; one that cannot be written must not cost an answer."""

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = msg


class Foreign(logging.Handler):
    """Writes an entry of a library: its logger, level and fixed text. Arguments could hold anything: left out.

    A text that the library put together before, with a header of a request in it for instance, is none of its source
    code: in its place stands the function that wrote it.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        entry: dict[str, Any] = {"event": _fixed(record), "logger": record.name}
        if record.exc_info and record.exc_info[1]:
            entry |= {"kind": type(record.exc_info[1]).__name__, "frames": frames(record.exc_info[1])}
        for processor in _COMMON:
            entry = processor(None, record.levelname.lower(), entry)
        _Lines().msg(_json(entry))


def _fixed(record: logging.LogRecord) -> str:
    source = "".join(linecache.getlines(record.pathname))
    text = str(record.msg)
    return text if f'"{text}"' in source or f"'{text}'" in source else f"{record.module}.{record.funcName}"


# The log of libraries, the HTTP server's among them: warnings and worse.
FOREIGN: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"lines": {"()": Foreign}},
    "root": {"level": "WARNING", "handlers": ["lines"]},
}


def _json(entry: Any, **_options: Any) -> str:
    return msgspec.json.encode(entry, enc_hook=str).decode()
