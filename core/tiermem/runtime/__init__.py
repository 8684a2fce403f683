"""What runs: how a memory is opened, its thread in the background, the actor of effects, names loaded when used."""
