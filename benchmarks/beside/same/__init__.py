"""Whether two commits answer alike: what a child tells of its answers, and what differs."""
