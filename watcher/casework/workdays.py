"""Working days in China, with public holidays and the weekends on which they are made up for."""

from datetime import date


def is_workday(day: date) -> bool | None:
    """Return whether there is work on a day; None where its year is not announced yet.

    The holidays of a year are announced in the autumn before it.
    """
    import chinese_calendar  # noqa: PLC0415  it takes memory, and few days are asked for

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
