"""The tables as they are now; `migrations/` leads to them from every released schema. Times are UTC without a zone."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("answered_at", DateTime, nullable=False, index=True, comment="UTC"),
    Column("hook_instance", String(36), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("protocol", String(64), nullable=False),
    Column("protocol_version", String(32), nullable=False),
    Column("protocol_hash", String(64), nullable=False),
    Column("record", LargeBinary, nullable=False, comment="JSON: decision for machines, cards by uuid and topic, time"),
    Column("request_id", String(64), nullable=False, server_default="", index=True),
    Column("client", Text, nullable=False, server_default=""),
    Column("mode", String(16), nullable=False, server_default=""),
    Column("zone", String(64), nullable=False, server_default="", comment="IANA time zone that the days were of"),
    Column("patient", String(64), nullable=False, server_default="", index=True, comment="keyed digest, never the id"),
    Column("facts", LargeBinary, comment="all that the decision rests on: JSON, deflated"),
)

PROTOCOLS = Table(
    "protocols",
    METADATA,
    Column("digest", String(64), primary_key=True, comment="as decisions.protocol_hash"),
    Column("id", String(64), nullable=False),
    Column("version", String(32), nullable=False),
    Column("content", LargeBinary, nullable=False, comment="the protocol as it was in force: JSON, deflated"),
)

CARDS = Table(
    "cards",
    METADATA,
    Column("uuid", String(36), primary_key=True),
    Column("decision", String(36), nullable=False, index=True),
    Column("topic", String(64), nullable=False),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", String(64), primary_key=True, comment="digest of what was told, so that a repeat is the same row"),
    Column("received_at", DateTime, nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("client", Text, nullable=False),
    Column("card", String(255), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", DateTime, nullable=False),
    Column("issued", Boolean, nullable=False, comment="whether the card is one that this service has issued"),
    Column("decision", String(36), nullable=False, server_default=""),
    Column("patient", String(64), nullable=False, server_default="", index=True),
    Column("content", LargeBinary, nullable=False, comment="JSON: suggestions, reason, comment"),
)

TOKENS = Table(
    "tokens",
    METADATA,
    Column("token", String(64), primary_key=True, comment="digest of issuer and jti"),
    Column("until", DateTime, nullable=False, index=True),
)

READS = Table(
    "reads",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("read_at", DateTime, nullable=False, index=True),
    Column("reader", Text, nullable=False, comment="the account that ran the command"),
    Column("action", String(32), nullable=False),
    Column("decision", String(36), nullable=False, server_default=""),
)

ERASURES = Table(
    "erasures",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("patient", String(64), nullable=False),
    Column("client", Text, nullable=False, comment="empty: of every client"),
    Column("erased_at", DateTime, nullable=False),
    Index("ix_erasures_patient", "patient"),
)

ABOUT = Table(
    "about",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
