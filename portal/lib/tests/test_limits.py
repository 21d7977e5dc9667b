"""So many times a day, for whoever is counted."""

from datetime import date, timedelta

from portal.lib.limits import DailyLimit

TODAY = date(2026, 6, 15)
LIMIT = DailyLimit("tries", 3)


def test_it_is_used_up_by_the_last_one_and_not_before() -> None:
    before = []
    for _ in range(3):
        before.append(LIMIT.is_used_up("alice", on=TODAY))
        LIMIT.count("alice", on=TODAY)

    assert before == [False, False, False]
    assert LIMIT.is_used_up("alice", on=TODAY)


def test_another_person_another_day_and_another_limit_are_counted_by_themselves() -> None:
    for _ in range(3):
        LIMIT.count("alice", on=TODAY)

    assert not LIMIT.is_used_up("bob", on=TODAY)
    assert not LIMIT.is_used_up("alice", on=TODAY + timedelta(days=1))
    assert not DailyLimit("other-tries", 3).is_used_up("alice", on=TODAY)
