"""What a window keeps by how much it matters."""
