"""The table of imports under way (`storage/exported/staging.py`)."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, checksum_column, metadata

# A row lives as long as the import does.
importing = sa.Table(
    "tiermem_import",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("owner", Octets, nullable=False),  # keyed digest of whose it will be
    sa.Column("beat", sa.Float(53), nullable=False),  # when its last batch came, in seconds since 1970
    checksum_column(),
)
