"""What each page shows, as plain values, made over public verbs; templates only print them."""
