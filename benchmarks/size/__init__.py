"""What an installation weighs, extra by extra."""
