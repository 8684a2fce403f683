"""What is suggested for a time zone that no database names: never one of another clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.times.zone_names import meant

KNOWN = available_timezones()
SUGGESTED = {
    "UTC+8": "8 hours ahead of UTC is Etc/GMT-8",
    "utc + 8": "8 hours ahead of UTC is Etc/GMT-8",
    "UTC\uff0b8": "8 hours ahead of UTC is Etc/GMT-8",
    "+08:00": "8 hours ahead of UTC is Etc/GMT-8",
    "GMT-5": "5 hours behind UTC is Etc/GMT+5",
    "UTC-01": "1 hour behind UTC is Etc/GMT+1",
    "UTC+0": "did you mean UTC?",
    "z": "did you mean UTC?",
    "UTC+5:30": "for that offset give datetime.timezone(datetime.timedelta(hours=5, minutes=30))",
    "-00:30": "for that offset give datetime.timezone(datetime.timedelta(hours=0, minutes=-30))",
    "UTC+15": "",
    "Etc/GMT-08": "",
    "CST": "an abbreviation may mean several zones",
    "asia/shanghai": "did you mean Asia/Shanghai?",
    "Shanghai": "did you mean Asia/Shanghai?",
    "Asia/Shangai": "did you mean Asia/Shanghai?",
    "Mars/Base": "",
    "": "",
}


@pytest.mark.parametrize("given_name", SUGGESTED)
def test_no_name_of_another_clock_is_suggested(given_name: str) -> None:
    assert meant(given_name, KNOWN) == SUGGESTED[given_name]


@given(st.integers(-14, 14), st.sampled_from(["UTC", "GMT", "utc", ""]), st.sampled_from(["{:+d}", "{:+03d}:00"]))
def test_what_is_suggested_for_an_offset_is_that_offset(hours: int, before: str, form: str) -> None:
    hint = meant(before + form.format(hours), KNOWN)
    if name := re.search(r"Etc/GMT[+-][0-9]+|UTC(?=[?])", hint):
        assert datetime.now(UTC).astimezone(ZoneInfo(name[0])).utcoffset() == timedelta(hours=hours)
    else:
        assert hours < -12


def test_the_error_of_a_memory_says_it() -> None:
    with pytest.raises(InvalidSettings, match=r"'UTC[+]8' is no IANA name .*; 8 hours ahead of UTC is Etc/GMT-8"):
        Memory.open(":memory:", timezone="UTC+8")
