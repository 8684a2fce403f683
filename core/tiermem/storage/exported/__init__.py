"""Everything held of a user as rows: read for an export, and put aside until an import is whole."""
