"""What routing by difficulty saves, on public answers of a weaker and a stronger model."""
