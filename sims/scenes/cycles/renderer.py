"""The renderer `cycles`: a scene's description to a picture and its passes, by a worker that outlives its mishaps."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.core.threads import available_threads
from sims.scenes.cycles.install import blender_command
from sims.scenes.cycles.process import START_S, Worker, WorkerError, WorkerLostError
from sims.scenes.description import Model, Passes, SceneState, described
from sims.scenes.fur import strands_of

ATTEMPTS = 3
KEPT_MODELS = 120
"""Shapes that a worker holds before it is told to forget them all."""

LARGEST_MB = 8_000.0
"""Memory at which a worker is started anew after a picture."""

FAR = 1e9
"""Depth beyond which Cycles means that there is nothing."""


class Cycles:
    """Pictures by Blender's Cycles.

    A worker process is started at the first picture. If it crashes, hangs or can't be reached, another is started and
    the picture done again; the same scene and seed give the same bytes in any of them and in any number of threads.

    Args:
        samples: rays a pixel. threads: of Cycles; all cores that this process may use if it is not given.
        denoise: with OpenImageDenoise. annotate: with depth, normals, instances and albedo; else these are blank.
        device: `CPU`, `GPU`, or `auto` for the GPU where Cycles finds one.
        fur: whether models that have fur are drawn with it.
        timeout_s: seconds after which a picture's worker counts as hung.

    Raises:
        ValueError: samples or threads below 1, or an unknown device.
        FileNotFoundError: there is no Blender; the message says how to get it.
    """

    def __init__(
        self,
        samples: int = 16,
        threads: int | None = None,
        *,
        denoise: bool = True,
        annotate: bool = True,
        device: str = "auto",
        fur: bool = True,
        timeout_s: float = 600.0,
    ):
        if samples < 1 or (threads is not None and threads < 1):
            raise ValueError(f"samples and threads must be at least 1, got {samples} and {threads}")
        if device not in ("auto", "CPU", "GPU"):
            raise ValueError(f"there is no device {device!r}: expected auto, CPU or GPU")
        self.samples, self.threads = samples, threads or available_threads()
        self.denoise, self.annotate, self.timeout_s = denoise, annotate, timeout_s
        self.device, self.fur = device, fur
        self.command = blender_command()
        self.restarts = 0
        self.render_s = 0.0  # what Blender itself took for the last picture and its passes
        self._worker: Worker | None = None
        self._known: set[str] = set()
        self._device = "CPU"

    def render(self, state: SceneState) -> Passes:
        """The picture of a scene.

        Raises:
            WorkerError: Blender can't do it, or three workers were lost over it.
        """
        lost = 0
        while True:
            try:
                return self._rendered(state)
            except WorkerError as error:
                self.close()
                lost += 1
                if not isinstance(error, WorkerLostError) or lost == ATTEMPTS:
                    raise
                self.restarts += 1

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
            self._known.clear()

    def _rendered(self, state: SceneState) -> Passes:
        worker = self._worker or self._start()
        self._teach(worker, state)
        copies = {f"copies{k}": thing.copies for k, thing in enumerate(state.things) if thing.copies is not None}
        answer, arrays = worker.ask(self._message(state), copies, timeout_s=self.timeout_s)
        self.render_s = answer["render_s"]
        passes = _passes(arrays, state)
        if answer["rss_mb"] > LARGEST_MB:
            self.close()
        return passes

    def _start(self) -> Worker:
        self._worker = Worker(self.command)
        hello, _ = self._worker.ask({"verb": "hello"}, timeout_s=START_S)
        if self.device == "GPU" and not hello["devices"]:
            self.close()
            raise ValueError("Cycles finds no GPU here: choose device='CPU' or 'auto'")
        self._device = "GPU" if hello["devices"] and self.device != "CPU" else "CPU"
        return self._worker

    def _teach(self, worker: Worker, state: SceneState) -> None:
        """Send the shapes and pictures of this scene that the worker does not have yet."""
        new = {thing.model.key: thing.model for thing in state.things if thing.model.key not in self._known}
        if len(self._known) + len(new) > KEPT_MODELS:
            worker.ask({"verb": "forget"}, timeout_s=self.timeout_s)
            self._known.clear()
            new = {thing.model.key: thing.model for thing in state.things}
        for key, model in new.items():
            self._send(worker, model)
            self._known.add(key)

    def _send(self, worker: Worker, model: Model) -> None:
        shape = {name: array for name, array in model.mesh._asdict().items() if array is not None}
        mesh = {"verb": "mesh", "key": model.key, "n_parts": len(model.materials)}
        worker.ask(mesh, shape, timeout_s=self.timeout_s)
        if self._furry(model):
            fur = {"verb": "fur", "key": model.key}
            worker.ask(fur, strands_of(model)._asdict(), timeout_s=self.timeout_s)
        for name, picture in model.images:
            kept = {"verb": "picture", "key": f"{model.key}/{name}"}
            worker.ask(kept, {"png": _png(picture)}, timeout_s=self.timeout_s)

    def _furry(self, model: Model) -> bool:
        return self.fur and model.fur_m > 0.0

    def _message(self, state: SceneState) -> dict[str, Any]:
        things = [
            {
                "mesh": thing.model.key,
                "pose": thing.pose.tolist(),
                "hazy": thing.role != "object",
                "furry": thing.role == "object" and self._furry(thing.model),
                "materials": [described(material) for material in thing.materials],
            }
            for thing in state.things
        ]
        return {
            "verb": "render",
            "things": things,
            "light": described(state.light),
            "camera": described(state.camera),
            "exposure": state.exposure,
            "seed": state.seed,
            "samples": self.samples,
            "threads": self.threads,
            "denoise": self.denoise,
            "annotate": self.annotate,
            "device": self._device,
        }


def _png(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as the bytes of a PNG file that is written and read fast, not small."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=0)
    return np.frombuffer(stream.getvalue(), np.uint8)


def _passes(arrays: dict[str, NDArray[Any]], state: SceneState) -> Passes:
    """What the worker sent, in the suite's terms."""
    image = np.asarray(Image.open(io.BytesIO(arrays["png"].tobytes())).convert("RGB"))
    height, width = image.shape[:2]
    if "depth" not in arrays:
        blank = np.zeros((height, width, 3), np.float32)
        nothing = np.full((height, width), np.inf, np.float32)
        return Passes(image, nothing, blank, np.zeros((height, width), np.uint16), blank.astype(np.uint8))
    instance = np.rint(arrays["index"]).astype(np.uint16)
    there = (instance > 0) & (arrays["depth"] < FAR)
    instance = np.where(there, instance, 0).astype(np.uint16)
    depth = np.where(there, arrays["depth"], np.inf).astype(np.float32)
    normals = np.where(there[..., None], arrays["normals"], 0.0)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals = np.divide(normals, length, out=np.zeros_like(normals), where=length > 1e-6).astype(np.float32)
    return Passes(image, depth, normals, instance, np.where(there[..., None], _srgb(arrays["albedo"]), 0))


def _srgb(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light in [0, 1] as sRGB bytes (IEC 61966-2-1)."""
    light = np.clip(linear, 0.0, 1.0)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * curve).astype(np.uint8)
