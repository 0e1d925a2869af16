"""Maps of Capture the Flag: what a map is, two seeded families, maps drawn as text, and their names."""
