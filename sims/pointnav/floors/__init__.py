"""Floor plans: what a layout is, its generators, its importers, and their names."""
