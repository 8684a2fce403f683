"""What is known of a user as a short text: lines with their sources, within a budget, corrected by who knows better."""
