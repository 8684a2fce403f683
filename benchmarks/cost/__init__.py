"""What one turn costs, beside the peers and beside the limit of the disk."""
