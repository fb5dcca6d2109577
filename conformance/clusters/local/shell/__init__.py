"""An embedded cluster to poke at by hand: for one shell alone, or kept in the background."""
