"""Steps of the schema's version that came after those in `storage/migrations.py`."""
