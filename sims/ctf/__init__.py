"""Capture the Flag, first person, for populations: the game of 'Human-level performance in 3D multiplayer games'."""

from sims.ctf.parallel import parallel_env

__all__ = ["parallel_env"]
