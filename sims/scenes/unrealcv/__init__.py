"""UnrealCV's protocol: a server that shows the suite's scenes to its clients, and what our own client needs of it."""
