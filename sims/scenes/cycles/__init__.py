"""The renderer `cycles`: Blender's, in worker processes of their own, so that no crash of theirs reaches the caller."""
