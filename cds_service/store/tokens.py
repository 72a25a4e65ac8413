"""Which tokens were used: each once, over all workers and replicas; over one process while there is no database."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection

from cds_service.store.guard import Guard, Lost
from cds_service.store.insert import insert_new
from cds_service.store.records import naive
from cds_service.store.tables import TOKENS

# Tokens live for minutes; these are more than a process meets in that time.
_REMEMBERED = 50_000


class Tokens:
    """The memory of used tokens. `transact` runs work in a transaction, `lost` is called when that failed."""

    def __init__(
        self, guard: Guard, transact: Callable[[Callable[[Connection], bool]], bool], lost: Callable[[], None]
    ) -> None:
        self.guard = guard
        self._transact = transact
        self._lost = lost
        self._lock = Lock()
        self._seen: OrderedDict[str, None] = OrderedDict()

    def first(self, issuer: str, jti: str, until: datetime) -> bool:
        """True for the first use of a token, which is remembered until `until` (aware, expiry with its leeway)."""
        token = hashlib.sha256(f"{len(issuer)}:{issuer}{jti}".encode("utf-8", "surrogatepass")).hexdigest()
        if not self._is_new_here(token):
            return False
        row = {"token": token, "until": naive(until)}
        try:
            return self.guard.do(lambda: self._transact(lambda connection: _is_new(connection, row)))
        except Lost:
            self._lost()
            return True

    def _is_new_here(self, token: str) -> bool:
        with self._lock:
            if token in self._seen:
                return False
            self._seen[token] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return True


def _is_new(connection: Connection, row: dict[str, object]) -> bool:
    # Of an insertion the number of rows is kept on request only.
    options = {"preserve_rowcount": True}
    return connection.execute(insert_new(connection, TOKENS), row, execution_options=options).rowcount == 1
