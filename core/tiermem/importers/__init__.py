"""Importers: files and JSON of other programs' messages, read as messages."""
