"""Programs in which one person talks with a model."""
