"""The book of the protocols of this product."""

from cds_service.pages.book import book
from cds_service.pages.sheet import sheet
from cds_service.protocols.load import load_all

SHEETS = tuple(map(sheet, load_all().values()))
MAINTENANCE, FIRST_LINE = SHEETS
BOOK = book(SHEETS)
