"""The pack `animals`: the game 0 A.D.'s files as models, in coats and poses by name."""
