"""The web shop's real database: 400,000 orders and 800,000 order lines, without the indexes that the queries need."""

from __future__ import annotations

import sqlite3
from pathlib import Path

CUSTOMERS = 20_000
ORDERS = 400_000
LINES_PER_ORDER = 2

SCHEMA = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL, stock INTEGER NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_email TEXT NOT NULL, placed_at TEXT NOT NULL, status TEXT NOT NULL,
    currency TEXT NOT NULL, total REAL NOT NULL, shipping_address TEXT NOT NULL, note TEXT NOT NULL DEFAULT ''
);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id), position INTEGER NOT NULL, product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL, unit_price REAL NOT NULL, PRIMARY KEY (order_id, position)
) WITHOUT ROWID;
CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO schema_versions VALUES (1, '0001_initial');
"""

# Large primes spread customers, times and prices like random numbers would, and give the same database every time.
FILL = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO products
SELECT i, printf('Article %03d', i), 1 + (i * 7919) % 9000 / 100.0, (i * 104729) % 400 FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :orders)
INSERT INTO orders (id, customer_email, placed_at, status, currency, total, shipping_address)
SELECT i, printf('customer%05d@example.com', (i * 15485863) % :customers),
    datetime(1704067200 + (i * 32452843) % 50000000, 'unixepoch'),
    CASE i % 20 WHEN 0 THEN 'cancelled' WHEN 1 THEN 'open' ELSE 'shipped' END,
    CASE i % 5 WHEN 0 THEN 'USD' ELSE 'EUR' END, 5 + (i * 49979687) % 40000 / 100.0,
    printf('%d Harbour Street, %05d Springfield', 1 + i % 180, (i * 86028121) % 99999)
FROM n;

INSERT INTO order_lines
SELECT orders.id, p.i, 1 + (orders.id * 7 + p.i * 13) % 500, 1 + (orders.id + p.i) % 3,
    1 + (orders.id * 31 + p.i) % 9000 / 100.0
FROM orders, (SELECT 1 AS i UNION ALL SELECT 2) AS p;
"""


def build(path: Path, orders: int = ORDERS) -> None:
    """Make the database at *path*; a few seconds for the full size."""
    numbers = {"orders": str(orders), "customers": str(CUSTOMERS)}
    fill = FILL
    for name, value in numbers.items():
        fill = fill.replace(f":{name}", value)
    connection = sqlite3.connect(path)
    connection.executescript(f"PRAGMA synchronous=OFF; BEGIN; {SCHEMA} {fill} COMMIT; PRAGMA journal_mode=WAL;")
    connection.close()
