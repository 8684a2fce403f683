"""The queries of the checkout."""

from __future__ import annotations

import sqlite3

Row = tuple[object, ...]

ORDER_HISTORY = "SELECT * FROM orders WHERE customer_email = ? ORDER BY placed_at DESC LIMIT ?"
ORDER_LINES = "SELECT product_id, quantity, unit_price FROM order_lines WHERE order_id = ?"


def order_history(connection: sqlite3.Connection, email: str, length: int) -> list[Row]:
    """The newest orders of a customer, newest first."""
    return connection.execute(ORDER_HISTORY, (email, length)).fetchall()


def order_lines(connection: sqlite3.Connection, order_ids: list[int]) -> list[Row]:
    """The lines of these orders: product, quantity, price."""
    rows: list[Row] = []
    for order_id in order_ids:
        rows += connection.execute(ORDER_LINES, (order_id,)).fetchall()
    return rows
