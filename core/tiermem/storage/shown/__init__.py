"""What is shown of tables without reading messages."""
