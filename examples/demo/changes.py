"""The texts that the steps of the scenario write into the web shop: a migration, edits and two documents."""

from __future__ import annotations

MIGRATION = """\
CREATE INDEX orders_by_customer ON orders (customer_email, placed_at);
ANALYZE;
INSERT INTO schema_versions VALUES (2, '0002_order_history');
"""

ONE_QUERY_EACH = """\
    rows: list[Row] = []
    for order_id in order_ids:
        rows += connection.execute(ORDER_LINES, (order_id,)).fetchall()
    return rows
"""
ONE_QUERY_FOR_ALL = """\
    marks = ", ".join("?" * len(order_ids))
    return connection.execute(ORDER_LINES.replace("= ?", f"IN ({marks})"), order_ids).fetchall()
"""

BARE_ERROR = 'raise PoolTimeout(f"no database connection became free within {self.timeout_s} s") from None'
FULL_ERROR = BARE_ERROR.replace("{self.timeout_s} s", "{self.timeout_s} s, pool size {self.size}")

POST_MORTEM = """\
# Checkout timeouts

Goal: fix the database timeout in the checkout of the web shop.

Two causes. The order history scanned the whole table, because no index began with customer_email. And the pool of 10
was too small for 48 clients, each of which holds its connection while the card gateway answers.

Decisions: an index on orders (customer_email, placed_at); pool_size from 10 to 50; one query for all order lines;
the error names the pool size. pool_timeout_s stays at 0.1 s: a longer one hides the queue.

Open: release the connection before the gateway is asked. That needs an idempotent authorisation first.
"""

RUNBOOK = """\
# PoolTimeout in the checkout

First look at the error: it names the pool size. Up to 100 clients at once the pool of 50 is enough.
Then time the order history: above 5 ms a query, the index orders_by_customer is gone or not used.
"""
