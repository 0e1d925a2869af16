"""Blind PointGoal navigation: the task of 'Emergence of Maps in the Memories of Blind Navigation Agents'."""
