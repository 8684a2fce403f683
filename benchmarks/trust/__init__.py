"""Promises of trust, attacked."""
