"""Plants, stones and grounds of the game 0 A.D., for worlds: a pack of its own, fetched together with `animals`."""
