"""Expressions that are compiled when they are used: as `re` would, and none of them is wrong."""

from __future__ import annotations

import copy
import gc
import pickle
import pkgutil
import re
import subprocess
import sys
from importlib import import_module

import pytest

import tiermem
from tiermem.text import late


def test_every_expression_of_the_package_compiles() -> None:
    for module in pkgutil.walk_packages(tiermem.__path__, "tiermem."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    gc.unfreeze()  # what was there when tests were collected
    found = [one for one in gc.get_objects() if type(one) is late.Late]
    gc.freeze()
    assert len(found) > 300
    assert all(one.groups >= 0 for one in found)


def test_it_finds_what_re_finds() -> None:
    pattern = r"(?P<day>\d+)\s*(may)"
    ours, theirs = late.compile(pattern, re.IGNORECASE), re.compile(pattern, re.IGNORECASE)
    match = ours.search("on 3 MAY")
    assert match is not None
    assert match["day"] == "3"
    assert ours.sub("x", "3 May, 4 may") == theirs.sub("x", "3 May, 4 may")
    assert (ours.pattern, ours.flags, ours.groups) == (theirs.pattern, theirs.flags, theirs.groups)
    assert ours.search is ours.search  # looked up once


def test_it_is_copied_and_sent_uncompiled() -> None:
    ours = late.compile("a+")
    assert copy.deepcopy(ours).findall("aab") == ["aa"]
    assert pickle.loads(pickle.dumps(ours)).findall("aab") == ["aa"]


def test_a_wrong_one_is_told_when_it_is_used() -> None:
    with pytest.raises(re.error):
        late.compile("(").search("x")


FRESH = """
import gc, sys, tiermem
tiermem.Memory.open(":memory:").close()
from tiermem.text.late import Late
print(sum(len(vars(one)) > 2 for one in gc.get_objects() if type(one) is Late), "rjieba" in sys.modules)
"""


def test_a_process_that_opens_a_memory_compiles_few_and_reads_no_dictionary() -> None:
    told = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
    compiled, chinese = told.stdout.split()
    assert int(compiled) < 20
    assert chinese == "False"
