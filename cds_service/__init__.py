"""A CDS Hooks service for orders of trofosfamide."""

__version__ = "0.1.0"
