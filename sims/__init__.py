"""Synthetic worlds. Importing this registers every environment id with Gymnasium and loads no renderer and no torch."""

import gymnasium

gymnasium.register(
    "umwelt/PointNav-v0",
    entry_point="sims.pointnav.env:PointNavEnv",
    vector_entry_point="sims.pointnav.env:PointNavVectorEnv",
)
gymnasium.register("umwelt/HabitatPointNav-v0", entry_point="sims.pointnav.habitat:HabitatPointNavEnv")
gymnasium.register("umwelt/Scene-v0", entry_point="sims.scenes.env:SceneEnv")
gymnasium.register(
    "umwelt/CaptureTheFlag-v0",
    entry_point="sims.ctf.single:CaptureTheFlagEnv",
    vector_entry_point="sims.ctf.env:CaptureTheFlagVectorEnv",
)
