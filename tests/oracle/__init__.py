"""A second, independent reading of the protocol: slow, plain, and sharing nothing with the product."""

from tests.oracle.answer import oracle

__all__ = ["oracle"]
