"""How likely what is recalled answers: measured, and fitted anew."""
