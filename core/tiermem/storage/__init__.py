"""Storage: tables, migrations, and plain functions of a connection; SQLite and PostgreSQL."""
