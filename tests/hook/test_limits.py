"""One source of refusals is slowed down, others are not."""

import pytest

from cds_service.hook.limits import Limits, Rate, TooMany, network


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def taken(limits: Limits, source: str, times: int) -> int:
    """How many of so many were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            limits.take(source)
        except TooMany:
            continue
        allowed += 1
    return allowed


def test_a_burst_is_allowed_and_no_more() -> None:
    limits = Limits(Rate(burst=5, per_second=0.5), Clock())
    assert taken(limits, "a", 20) == 5
    assert taken(limits, "b", 20) == 5


def test_a_bucket_fills_again_up_to_its_burst() -> None:
    clock = Clock()
    limits = Limits(Rate(burst=5, per_second=0.5), clock)
    taken(limits, "a", 5)
    clock.now += 1.9
    assert taken(limits, "a", 5) == 0
    clock.now += 0.2
    assert taken(limits, "a", 5) == 1
    clock.now += 3600
    assert taken(limits, "a", 20) == 5


@pytest.mark.parametrize(
    ("rate", "passed", "seconds"), [(0.5, 0, 2), (0.5, 0.5, 2), (0.5, 1.5, 1), (10, 0, 1), (0.01, 0, 100)]
)
def test_the_caller_is_told_when_to_come_again(rate: float, passed: float, seconds: int) -> None:
    clock = Clock()
    limits = Limits(Rate(burst=1, per_second=rate), clock)
    limits.take("a")
    clock.now += passed
    with pytest.raises(TooMany) as told:
        limits.take("a")
    assert told.value.seconds == seconds
    clock.now += seconds
    limits.take("a")


def test_refusals_while_the_bucket_is_empty_do_not_make_it_longer() -> None:
    clock = Clock()
    limits = Limits(Rate(burst=1, per_second=1), clock)
    taken(limits, "a", 1000)
    clock.now += 1
    assert taken(limits, "a", 10) == 1


def test_only_so_many_sources_are_remembered_those_last_heard_of() -> None:
    limits = Limits(Rate(burst=1, per_second=0.001), Clock(), sources=2)
    assert [taken(limits, x, 1) for x in ("a", "b", "a", "c")] == [1, 1, 0, 1]
    assert taken(limits, "a", 1) == 0
    assert taken(limits, "b", 1) == 1, "the one that was not heard of for longest is forgotten"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        (None, ""),
        ("a unix socket", ""),
    ],
)
def test_an_address_counts_for_the_network_that_one_owner_has(address: str | None, source: str) -> None:
    assert network(address) == source
