"""The reference scenario: a web shop's checkout times out, and somebody finds out why and repairs it.

The steps are fixed; what the tools answer is not: it is measured on this machine, in this run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examples.demo.changes import (
    BARE_ERROR,
    FULL_ERROR,
    MIGRATION,
    ONE_QUERY_EACH,
    ONE_QUERY_FOR_ALL,
    POST_MORTEM,
    RUNBOOK,
)
from examples.demo.workbench import Workbench

HISTORY = "SELECT * FROM orders WHERE customer_email = ? ORDER BY placed_at DESC LIMIT ?"
LINES = "SELECT product_id, quantity, unit_price FROM order_lines WHERE order_id = ?"


@dataclass(frozen=True)
class Step:
    """The user asks for something to be done, a tool does it, and the user asks a question about it."""

    request: str
    tool: str
    arguments: dict[str, Any]
    question: str
    short: bool = False  # also part of the shortened scenario


@dataclass(frozen=True)
class Turn:
    """A step that was carried out, and what the tool really answered."""

    step: Step
    output: str = field(repr=False)


def _step(request: str, tool: str, question: str, *, short: bool = False, **arguments: Any) -> Step:
    return Step(request, tool, arguments, question, short)


FIND_THE_CAUSE = [
    _step(
        "The goal is to fix the database timeout in the checkout of our web shop: customers get errors when many of "
        "them check out at once. Begin with a look at the project.",
        "list_files",
        "How large is shop.db?",
        short=True,
    ),
    _step(
        "Show me the settings of the service.",
        "read_file",
        "What are pool_size and pool_timeout_s?",
        path="config.toml",
        short=True,
    ),
    _step(
        "Run load test 1: 48 clients at once, everything as it is in production.",
        "load_test",
        "What was the exact error and the p95 latency in load test 1?",
        name="load test 1",
        clients=48,
        requests=18,
        short=True,
    ),
    _step(
        "Show me what the service wrote to its log meanwhile.",
        "read_log",
        "Which WARNING did shop.pool write?",
        first=-1000,
    ),
    _step("Read the pool.", "read_file", "In which line is raise PoolTimeout?", path="shop/pool.py"),
    _step(
        "Dump the stacks of all threads in the middle of a run with 80 clients.",
        "thread_dump",
        "In which line of pool.py do threads wait for a connection?",
        clients=80,
        after_s=0.06,
    ),
    _step("Read the checkout.", "read_file", "Which exception does place_order raise?", path="shop/checkout.py"),
    _step(
        "Read the queries.",
        "read_file",
        "What does ORDER_HISTORY SELECT FROM orders?",
        path="shop/repository.py",
        short=True,
    ),
    _step(
        "Trace the SQL of some checkouts.",
        "trace_checkout",
        "How many statements for customer 5?",
        customers=24,
    ),
    _step(
        "What does the history of a few customers look like?",
        "run_sql",
        "How many rows came back, and in how many ms?",
        sql="SELECT * FROM orders WHERE customer_email LIKE 'customer0097_@%' ORDER BY placed_at DESC",
    ),
    _step(
        "Search the log for them.",
        "search_log",
        "How many lines with timeout are in the log?",
        word="timeout after",
    ),
    _step(
        "Describe the database.",
        "describe_database",
        "How many rows has orders, and what is the journal_mode?",
        short=True,
    ),
    _step(
        "Explain the order history query.",
        "explain",
        "What does the query plan say about the order history?",
        sql=HISTORY,
        short=True,
    ),
    _step(
        "Time that query for 60 customers.",
        "time_query",
        "What is the median of the order history query before the index?",
        sql=HISTORY,
        runs=60,
    ),
    _step("Run the acceptance checks.", "run_checks", "Which checks fail?", short=True),
    _step(
        "Profile five checkouts.", "profile", "What did method execute of sqlite3.Connection objects take?", lines=70
    ),
    _step(
        "Which customers have the most orders?",
        "run_sql",
        "How many rows came back, and in how many ms?",
        sql="SELECT customer_email, count(*) AS orders, round(sum(total), 2) AS spent FROM orders "
        "GROUP BY customer_email ORDER BY orders DESC, spent DESC LIMIT 250",
    ),
]

ADD_THE_INDEX = [
    _step(
        "Decision: we create an index on orders (customer_email, placed_at), because the plan scans all orders "
        "for every checkout. Write the migration.",
        "write_file",
        "Which index does the migration create?",
        path="migrations/0002_order_history.sql",
        text=MIGRATION,
        short=True,
    ),
    _step("Apply it.", "migrate", "What did quick_check say?", path="migrations/0002_order_history.sql", short=True),
    _step(
        "Explain the query again.", "explain", "With which index does the query plan search?", sql=HISTORY, short=True
    ),
    _step(
        "Time it again.",
        "time_query",
        "What is the median of the order history query with the index?",
        sql=HISTORY,
        runs=60,
    ),
    _step(
        "Run load test 2, the same as load test 1.",
        "load_test",
        "How many checkouts failed in load test 2?",
        name="load test 2",
        clients=48,
        requests=18,
        short=True,
    ),
    _step("The log of it, please.", "read_log", "Which WARNING did shop.pool write this time?", first=-520),
    _step("Run the acceptance checks.", "run_checks", "Which test of shop.checks.Pool does FAIL?"),
    _step(
        "Explain the query for the order lines too.",
        "explain",
        "How does the query plan SEARCH order_lines?",
        sql=LINES,
    ),
]

RAISE_THE_POOL = [
    _step("Read the gateway.", "read_file", "Of what is the latency a part?", path="shop/gateway.py"),
    _step(
        "Dump the stacks again, 48 clients.",
        "thread_dump",
        "In which line of shop/gateway.py is authorise?",
        clients=48,
        after_s=0.06,
    ),
    _step(
        "The query is no longer the problem: a connection is held while the gateway answers. Decision: we try a "
        "pool_size of 20 before anything larger.",
        "edit_file",
        "What is pool_size now?",
        path="config.toml",
        old="pool_size = 10",
        new="pool_size = 20",
        short=True,
    ),
    _step(
        "Run load test 3 with it.",
        "load_test",
        "How many checkouts failed in load test 3, with which pool size?",
        name="load test 3",
        clients=48,
        requests=18,
        short=True,
    ),
    _step("Show what it logged.", "search_log", "How many were in use of 20?", word="of 20"),
    _step(
        "Decision: we raise pool_size from 10 to 50 (20 was not enough), because 48 clients hold one connection each "
        "while the gateway answers.",
        "edit_file",
        "What is pool_size now?",
        path="config.toml",
        old="pool_size = 20",
        new="pool_size = 50",
        short=True,
    ),
    _step(
        "Run load test 4 with it.",
        "load_test",
        "How many checkouts succeeded in load test 4, and what is the p95 latency?",
        name="load test 4",
        clients=48,
        requests=18,
        short=True,
    ),
    _step("Its log.", "read_log", "What does shop.pool say about 50?", first=-420),
    _step("Run the acceptance checks.", "run_checks", "Which test of shop.checks.OrderHistory does FAIL?"),
]

FINISH = [
    _step(
        "How many statements is a checkout now?",
        "trace_checkout",
        "How many statements for customer 5 now?",
        customers=12,
    ),
    _step(
        "Decision: we fetch the lines of all orders with one query instead of twenty.",
        "edit_file",
        "What does it execute for ORDER_LINES now?",
        path="shop/repository.py",
        old=ONE_QUERY_EACH,
        new=ONE_QUERY_FOR_ALL,
        short=True,
    ),
    _step("Trace it again.", "trace_checkout", "How many statements for customer 5 after that?", customers=30),
    _step(
        "Run the acceptance checks.", "run_checks", "Is test_the_lines_of_twenty_orders_are_one_query ok?", short=True
    ),
    _step(
        "Decision: the error must name the pool size, or the next one will search as long as we did.",
        "edit_file",
        "What does raise PoolTimeout say about the pool size?",
        path="shop/pool.py",
        old=BARE_ERROR,
        new=FULL_ERROR,
        short=True,
    ),
    _step(
        "Run load test 5 with 120 clients: where is the new limit?",
        "load_test",
        "What is the exact error in load test 5?",
        name="load test 5",
        clients=120,
        requests=3,
    ),
    _step(
        "The client limit is 100 at once, never more. Decision: pool_timeout_s stays at 0.1 s, because a longer one "
        "hides the queue. Show the settings once more.",
        "read_file",
        "What is pool_timeout_s?",
        path="config.toml",
    ),
    _step(
        "Are the indexes sound?",
        "run_sql",
        "Is orders_by_customer there?",
        sql="SELECT tbl, idx, stat FROM sqlite_stat1",
    ),
    _step(
        "Write the post-mortem.",
        "write_file",
        "What are the two causes?",
        path="docs/post-mortem.md",
        text=POST_MORTEM,
        short=True,
    ),
    _step("For its appendix, the log of the day, first part.", "read_log", "When did load test 1 begin?", last=2000),
    _step("And the second part.", "read_log", "When did load test 3 begin?", first=2001, last=4000),
    _step(
        "Run load test 6, the same as load test 1, after all changes.",
        "load_test",
        "How many checkouts failed in load test 6, and what is the p95 latency?",
        name="load test 6",
        clients=48,
        requests=18,
        short=True,
    ),
    _step("Which files are there now?", "list_files", "How large is docs/post-mortem.md?"),
    _step("Read the pool as it is now.", "read_file", "What does raise PoolTimeout say?", path="shop/pool.py"),
    _step("And the queries.", "read_file", "What replaces ORDER_LINES?", path="shop/repository.py"),
    _step("Describe the database as it is now.", "describe_database", "What does CREATE INDEX say?"),
    _step("Run the acceptance checks a last time.", "run_checks", "How many tests ran, and in how many s?"),
    _step(
        "Write the entry for the runbook.",
        "write_file",
        "What to do first?",
        path="docs/runbook.md",
        text=RUNBOOK,
    ),
]

STEPS: Sequence[Step] = [*FIND_THE_CAUSE, *ADD_THE_INDEX, *RAISE_THE_POOL, *FINISH]
SHORT_ORDERS = 100_000
SHORT_REQUESTS = 4  # checkouts of each client
ABOUT_THE_BEGINNING = "What was the exact error and the p95 latency in load test 1?"


def turns(folder: Path, *, short: bool = False) -> Iterator[Turn]:
    """Carry out the steps one after the other in *folder*, the shortened scenario on a smaller database."""
    bench = Workbench(folder, orders=SHORT_ORDERS) if short else Workbench(folder)
    for step in STEPS:
        if not short:
            yield Turn(step, bench.call(step.tool, step.arguments))
        elif step.short:
            fewer = {"requests": SHORT_REQUESTS} if "requests" in step.arguments else {}
            yield Turn(step, bench.call(step.tool, step.arguments | fewer))
