"""Every command of `tiermem` as a person sees it in a terminal."""
