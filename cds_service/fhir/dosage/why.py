"""Why a dosage tells no daily dose: the closed list, each with one sentence that stays as it is."""

from enum import StrEnum


class Why(StrEnum):
    """The sentences of an undetermined dose; what was sent may follow them in brackets."""

    NO_INSTRUCTION = "there is no dosage instruction"
    NO_FIGURES = "no dose is given in figures"

    NOT_A_NUMBER = "a number is not a number"
    OUT_OF_MEASURE = "a number is out of all measure"
    NOT_ABOVE_ZERO = "a number is not above zero"
    NOT_EXACT = "the daily dose is no exact decimal"
    A_LIMIT = "the number is a limit, not a dose"

    NO_UNIT = "the dose has no unit"
    UNIT_UNKNOWN = "the unit of the dose is not known"
    UNIT_CODE_UNKNOWN = "the code of the unit is not known"
    UNITS_DISAGREE = "unit and unit code disagree"
    PER_BODY = "the dose is per body surface or weight"
    OF_FORMULATION = "the amount is that of the formulation, not of the drug"
    STRENGTH_UNKNOWN = "the strength of the tablet is not known"

    ENTRY_WITHOUT_DOSE = "an entry of doseAndRate has no dose"
    ENTRIES_DISAGREE = "the entries of doseAndRate disagree"
    RANGE_ONE_END = "the range of the dose has one end only"
    RANGE_UPSIDE_DOWN = "the range of the dose is upside down"
    RATE_RANGE = "a range of rates is not understood"
    RATE_UNIT = "the unit of the rate is not known"
    RATE_NOT_PER_DAY = "the rate is not per day"
    RATE_DISAGREES = "the dose and the rate disagree"

    HOW_OFTEN = "how often is not said"
    HOW_OFTEN_IN_WORDS = "how often is said in words only"
    PERIOD_WITHOUT_FREQUENCY = "a period without a frequency"
    FREQUENCY_WITHOUT_PERIOD = "a frequency without a period"
    FREQUENCY_UPPER_END = "the frequency has an upper end only"
    TIMING_UPSIDE_DOWN = "a range of the timing is upside down"
    PERIOD_UNIT = "the unit of the period is not known"
    NOT_WHOLE = "the intakes a day are not whole"
    SPREAD = "intakes are spread over several days"
    NOT_UNDERSTOOD = "a part of the timing is not understood"
    SINGLE_DATES = "single dates are given"

    CODE_UNKNOWN = "the code of the timing is not known"
    CODES_DISAGREE = "the codes of the timing disagree"
    CODE_AND_STRUCTURE = "the code of the timing and its structure disagree"

    WHEN_UNKNOWN = "a code of repeat.when is not known"
    WHEN_AND_CLOCK = "when and timeOfDay stand together"
    TIME_TWICE = "a time of the day is named twice or not at all"
    WHICH_MEALS = "at which meals is not said"
    TIMES_DISAGREE = "the times of the day and the frequency disagree"
    WEEKDAY_UNKNOWN = "a day of the week is not known"
    WEEKDAYS_HOW_OFTEN = "weekdays without how often"
    WEEKDAYS_AND_PERIOD = "weekdays and the period do not fit"

    MODIFIED = "an extension changes its meaning"
    SUPPLEMENT = "a coded supplement says on which days it is taken"
    AS_NEEDED = "to be taken as needed"
    ROUTE = "the route is not coded as oral"
    ABOVE_MAXIMUM = "the dose is above the maximum at a time"
    ABOVE_PERIOD_MAXIMUM = "the dose is above the maximum of its period"
    LIFETIME_MAXIMUM = "a limit for a lifetime is not understood"

    SEQUENCE = "the instructions follow each other at unknown times"
    OVERLAP = "the instructions overlap in time"
