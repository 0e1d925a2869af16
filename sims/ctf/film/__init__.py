"""Videos of matches: the map from above, what the players see, and the command `umwelt watch`."""
