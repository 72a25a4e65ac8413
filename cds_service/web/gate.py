"""The gate: a request becomes a Client, or is turned away; each refusal is counted by its kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Request, g
from prometheus_client import Counter

from cds_service.fhir.reading.address import allowed
from cds_service.hook.caller import authenticate, permit
from cds_service.hook.clients import Client, Clients
from cds_service.hook.keys import Keys
from cds_service.hook.limits import Limits, Rate, network
from cds_service.hook.refusals import Forbidden, Unauthenticated
from cds_service.hook.replay import Seen
from cds_service.web import metrics

REFUSED_TOKENS = Rate(burst=60, per_second=1.0)
# Batches of feedback of one client, in each process: an EHR gathers some hundred cards at the end of a day.
FEEDBACK = Rate(burst=600, per_second=10.0)
TOKENS = Counter("cds_tokens_refused", "Calls turned away at the gate, by kind and client named", ["kind", "client"])
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gate:
    """What it takes to know a caller. `base` is the public base URL; `refused` limits what comes in without a name."""

    base: str
    clients: Clients
    keys: Keys
    seen: Seen
    refused: Limits
    clock: Callable[[], datetime]

    def caller(self, call: Request) -> Client:
        """The client that calls; from then on it is `flask.g.client`.

        Raises Unauthenticated and Forbidden; TooMany in place of Unauthenticated for an address that was refused often
        of late. A token that is good is never refused for that, nor one that is at least signed by its client.
        """
        header, url = call.environ.get("HTTP_AUTHORIZATION"), f"{self.base}{call.path}"
        try:
            client = authenticate(header, url, self.clients, self.keys, self.seen, self.clock())
        except (Unauthenticated, Forbidden) as refusal:
            note(refusal)
            if isinstance(refusal, Unauthenticated) and not refusal.signed:
                self.refused.take(network(call.remote_addr))
            raise
        g.client = client
        return client

    def may_ask(self, client: Client, fhir_server: str) -> bool:
        """Whether the FHIR server of a call may be asked. Raises Forbidden where the client may not even name it."""
        permit(client, fhir_server)
        return allowed(fhir_server, sorted(client.fhir_servers))


@dataclass(frozen=True, slots=True)
class DemoGate:
    """The gate without a table of clients: anybody may call; `servers` are the FHIR servers that may be asked."""

    servers: Sequence[str]

    def caller(self, call: Request) -> Client:
        """The client of the demo."""
        return _ANYBODY

    def may_ask(self, client: Client, fhir_server: str) -> bool:
        """Whether the FHIR server of a call is one of those; another one counts as none."""
        return allowed(fhir_server, self.servers)


_ANYBODY = Client(id="demo", issuer="", mode="live")


def note(refusal: Unauthenticated | Forbidden) -> None:
    """Count and log a refusal; nothing that came with the token is written but its client, where the table has it."""
    metrics.count(TOKENS, refusal.kind, refusal.client)
    _LOG.warning("turned away", kind=refusal.kind, client=refusal.client, request_id=g.get("request_id", ""))
