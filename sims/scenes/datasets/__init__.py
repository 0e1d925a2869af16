"""Data sets of scenes: specifications, rendering that goes on where it stopped, a reader, exports, PUG's layouts."""

from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.reader import SceneDataset, open_dataset
from sims.scenes.datasets.spec import Spec, read_spec

__all__ = ["SceneDataset", "Spec", "open_dataset", "read_spec", "render_dataset"]
