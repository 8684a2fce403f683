"""The memories whose recall is measured: tiermem, the frameworks' own, and plain methods."""
