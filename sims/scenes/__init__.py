"""Scenes whose every factor is set by name: designs, shifts, matched pairs, pictures and data sets."""

from sims.scenes.datasets.reader import SceneDataset, open_dataset
from sims.scenes.designs import full_factorial, latin_hypercube, listed, one_at_a_time, random_design
from sims.scenes.factors import Continuous, Discrete, Space
from sims.scenes.flow import optical_flow
from sims.scenes.leaks import LeakError, Shift, check_shift
from sims.scenes.named import design
from sims.scenes.packs import Pack, open_pack
from sims.scenes.pairs import matched_pairs
from sims.scenes.relations import relation_design, with_captions
from sims.scenes.rendered import Rendered
from sims.scenes.scene import Scene
from sims.scenes.shifts import hold_out_combinations, hold_out_values, long_tail, spurious

__all__ = [
    "Continuous",
    "Discrete",
    "LeakError",
    "Pack",
    "Rendered",
    "Scene",
    "SceneDataset",
    "Shift",
    "Space",
    "check_shift",
    "design",
    "full_factorial",
    "hold_out_combinations",
    "hold_out_values",
    "latin_hypercube",
    "listed",
    "long_tail",
    "matched_pairs",
    "one_at_a_time",
    "open_dataset",
    "open_pack",
    "optical_flow",
    "random_design",
    "relation_design",
    "spurious",
    "with_captions",
]
