"""What others compute: embedders, token counters, models, the clock; asked with care, counted."""
