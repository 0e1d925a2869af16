"""Files that the suite ships, read through importlib.resources; SOURCES.md says where each is from."""
