"""Calendar months: three months after 30 November is the last day of February."""

from calendar import monthrange
from datetime import MAXYEAR, datetime, tzinfo

from cds_service.clinical.facts import ANY_TIME

_MONTHS = 12


def add_months(local: datetime, months: int) -> datetime:
    """The same time of day so many calendar months later, on the last day where a month is shorter.

    Raises ValueError, or OverflowError, beyond the calendar.
    """
    year, month = divmod(local.year * _MONTHS + local.month - 1 + months, _MONTHS)
    _, last = monthrange(year, month + 1)
    return local.replace(year=year, month=month + 1, day=min(local.day, last))


def months_later(instant: datetime, months: int, zone: tzinfo | None) -> datetime:
    """So many calendar months after an aware instant, in a time zone; never beyond the edges of the calendar."""
    local = instant if instant.year in (1, MAXYEAR) else instant.astimezone(zone)
    try:
        return add_months(local, months)
    except ValueError:
        return ANY_TIME.end
