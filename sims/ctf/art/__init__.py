"""What is painted with: textures, sprites, and how both are made, all from numbers."""
