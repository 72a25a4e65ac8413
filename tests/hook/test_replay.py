"""A token is used once, also by many at once, and is forgotten when it could not be used any more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from cds_service.hook.replay import Memory
from tests.support import FIXED_NOW


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = FIXED_NOW

    def __call__(self) -> datetime:
        return self.now


def later(seconds: float) -> datetime:
    return FIXED_NOW + timedelta(seconds=seconds)


def test_a_jti_is_first_once_for_each_issuer() -> None:
    seen = Memory(Clock())
    assert [seen.first("a", "1", later(60)) for _ in range(3)] == [True, False, False]
    assert seen.first("a", "2", later(60))
    assert seen.first("b", "1", later(60))


def test_issuer_and_jti_are_not_run_together() -> None:
    seen = Memory(Clock())
    assert seen.first("a", "b c", later(60))
    assert seen.first("a b", "c", later(60))


def test_a_jti_is_kept_until_its_end_and_then_forgotten() -> None:
    clock = Clock()
    seen = Memory(clock)
    seen.first("a", "1", later(60))
    clock.now = later(59.999)
    assert not seen.first("a", "1", later(60))
    clock.now = later(60)
    assert seen.first("a", "1", later(120))
    assert len(seen) == 1


def test_of_many_at_once_one_is_first() -> None:
    seen = Memory(Clock())
    with ThreadPoolExecutor(16) as pool:
        firsts = list(pool.map(lambda n: seen.first("a", str(n % 100), later(60)), range(1600)))
    assert sum(firsts) == 100


def test_the_memory_has_an_end_and_then_forgets_what_ends_first() -> None:
    seen = Memory(Clock(), limit=3)
    for number, seconds in enumerate((50, 10, 90, 70)):
        assert seen.first("a", str(number), later(seconds))
    assert len(seen) == 3
    assert seen.first("a", "1", later(10)), "forgotten: it ended first"
    assert not seen.first("a", "2", later(90))
