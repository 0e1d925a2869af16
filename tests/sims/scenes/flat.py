"""A renderer without Blender: every thing in one colour, the farther first, its triangles as the kernel covers them."""

import numpy as np

from sims.scenes.coverage import cover, project
from sims.scenes.description import Passes, SceneState


class Flat:
    """Draws the objects and props of a scene; the world's own things are left out."""

    def __init__(self) -> None:
        self.drawn = 0

    def render(self, state: SceneState) -> Passes:
        self.drawn += 1
        size = (state.camera.height, state.camera.width)
        instance, depth = np.zeros(size, np.uint16), np.full(size, np.inf, np.float32)
        image = np.full((*size, 3), 30 + state.seed % 7, np.uint8)
        for k, thing in self._by_distance(state):
            points = project(thing.model.mesh.vertices, thing.pose, state.camera)
            covered = np.zeros(size, np.bool_)
            cover(points, thing.model.mesh.triangles.astype(np.int64), 0, 0, covered)
            instance[covered], depth[covered] = k + 1, points[:, 2].mean()
            image[covered] = (255 * np.array(thing.materials[0].color)).astype(np.uint8)
        normals = np.where(instance[..., None] > 0, np.float32([0, 0, 1]), np.float32(0))
        return Passes(image, depth, normals.astype(np.float32), instance, image)

    def close(self) -> None:
        pass

    @staticmethod
    def _by_distance(state: SceneState):
        eye = np.array(state.camera.pose)[:3, 3]
        things = [(k, thing) for k, thing in enumerate(state.things) if thing.role in ("object", "prop")]
        return sorted(things, key=lambda item: -np.linalg.norm(item[1].pose[:3, 3] - eye))
