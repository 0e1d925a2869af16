"""The process that renders: the one file of the suite that imports Blender's `bpy`, and therefore GPL-3.0-or-later.

Run as `python worker.py FD FOLDER` in an environment that has bpy, or as `blender --background --python worker.py --
FD FOLDER`. It answers messages (`wire`) on the socket FD until that closes, keeps meshes, pictures and materials, and
changes only what differs from the scene before.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import math
import resource
import shutil
import socket
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bpy
import numpy as np
import shading
import wire
from mathutils import Matrix, Vector

sys.path += [str(p) for p in Path(bpy.utils.resource_path("LOCAL")).glob("python/lib/python3*/site-packages")]

import OpenImageIO

PANORAMAS = Path(bpy.utils.system_resource("DATAFILES", path="studiolights")) / "world"
KEPT_MATERIALS = 400
SKY_PIXELS = 512  # of a panorama's height: a pixel of it is two of a picture's with 224
SHARP = math.radians(40.0)  # an edge sharper than that is shaded as an edge, also on smooth parts
TO_BLENDER = np.diag([1.0, -1.0, -1.0, 1.0])  # OpenCV's camera axes to Blender's (y up, looks to -z)


class Stage:
    """Blender's one scene, and what of it is there already.

    Slots are objects of Blender's that are used again and again, one after another for the things of the scene asked
    for; a thing that stands in many places takes as many.
    """

    def __init__(self, scratch: Path):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.scene = bpy.context.scene
        self.layer = bpy.context.view_layer
        self.scratch = scratch
        self.meshes: dict[str, bpy.types.Mesh] = {}
        self.pictures: dict[str, bpy.types.Image] = {}
        self.materials: dict[str, bpy.types.Material] = {}
        self.dressed: dict[str, bpy.types.Mesh] = {}  # meshes with materials of their own, for copies to share
        self.furs: dict[str, bpy.types.Curves] = {}
        self.slots: list[bpy.types.Object] = []
        self.hides: list[bpy.types.Object] = []  # slots for furs
        self.lamps: list[bpy.types.Object] = []
        self.skies: dict[str, bpy.types.Image] = {}
        self.light: object = None
        self.shining: list = []
        self.render_s = 0.0  # seconds that Blender itself took for the picture and its passes
        self._settle()
        shading.PICTURES["grain"] = grain()

    def _settle(self) -> None:
        """Everything that is the same for all pictures."""
        scene = self.scene
        scene.render.engine = "CYCLES"
        cycles = scene.cycles
        scene.render.use_persistent_data = True
        scene.render.use_file_extension = False
        scene.render.use_compositing = scene.render.use_sequencer = False
        scene.view_settings.view_transform = "AgX"
        cycles.use_adaptive_sampling = False
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.transparent_max_bounces = 24  # leaves cut out of pictures
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 2, 3  # six are for glass
        cycles.sample_clamp_indirect = 4.0
        cycles.blur_glossy = 1.0
        cycles.denoiser, cycles.denoising_prefilter = "OPENIMAGEDENOISE", "FAST"
        cycles.use_light_tree = False  # for two lamps it costs more than it saves
        scene.cycles_curves.shape, scene.cycles_curves.subdivisions = "RIBBONS", 2
        cycles.pixel_filter_type = "BLACKMAN_HARRIS"
        layer = self.layer
        layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
        layer.cycles.denoising_store_passes = True
        camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        camera.data.sensor_fit, camera.data.clip_start, camera.data.clip_end = "HORIZONTAL", 0.01, 5000.0
        scene.collection.objects.link(camera)
        scene.camera = camera
        scene.world = bpy.data.worlds.new("world")

    def render(self, asked: dict, arrays: dict[str, np.ndarray]) -> tuple[dict, dict]:
        """The picture and its passes; `arrays`: where the copies of the k-th thing stand, as `copies{k}`."""
        self.render_s = 0.0
        self.scene.render.threads_mode, self.scene.render.threads = "FIXED", asked["threads"]
        self._place(asked["things"], asked["light"], arrays)
        if asked["light"] != self.light:
            self._shine(asked["light"])
        shining = [asked["light"], *(t for t in asked["things"] if any(m["emission"] > 0.0 for m in t["materials"]))]
        if shining != self.shining:
            self._forget_lights()
            self.shining = shining
        self._aim(asked["camera"])
        scene, cycles = self.scene, self.scene.cycles
        scene.view_settings.exposure = asked["exposure"]
        cycles.diffuse_bounces = 1 if asked["light"]["mist"] else 2  # between leaves and hairs more change little
        cycles.device, cycles.seed = asked["device"], asked["seed"] % (2**31)
        arrays = {"png": self._picture(asked["samples"], asked["denoise"])}
        if asked["annotate"]:
            arrays |= self._annotations()
        return {
            "render_s": self.render_s,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        }, arrays

    def _place(self, things: list, light: dict, arrays: dict[str, np.ndarray]) -> None:
        if len(self.materials) > KEPT_MATERIALS:  # before any slot is filled: it would lose what it shows
            self._forget_materials()
        mist = light if light["mist"] and not light["hdri"] else None
        at = 0
        for k, thing in enumerate(things):
            surfaces = [self._material(d, thing["mesh"], mist if thing["hazy"] else None) for d in thing["materials"]]
            pose = np.array(thing["pose"])
            if f"copies{k}" in arrays:
                mesh = self._shared(thing["mesh"], surfaces)
                for copy in pose @ arrays[f"copies{k}"]:
                    self._fill(self._slot(at), mesh, [], copy, k + 1)
                    at += 1
            else:
                self._fill(self._slot(at), self.meshes[thing["mesh"]], surfaces, pose, k + 1)
                at += 1
        for slot in self.slots[at:]:
            if not slot.hide_render:
                slot.hide_render = True
        self._comb(things)

    def _comb(self, things: list) -> None:
        """Show the fur of those that have one, each in the material of its hide."""
        furry = [(k, thing) for k, thing in enumerate(things) if thing["furry"]]
        for n, (k, thing) in enumerate(furry):
            fur = self.furs[thing["mesh"]]
            if n == len(self.hides):
                self.hides.append(bpy.data.objects.new(f"hide{n}", fur))
                self.scene.collection.objects.link(self.hides[n])
            hide, material = self.hides[n], self._material(thing["materials"][0], thing["mesh"], None, hair=True)
            if hide.data != fur:
                hide.data = fur
            if list(fur.materials) != [material]:
                fur.materials.clear()
                fur.materials.append(material)
            hide.pass_index, hide.matrix_world, hide.hide_render = k + 1, Matrix(thing["pose"]), False
        for hide in self.hides[len(furry) :]:
            hide.hide_render = True

    def _slot(self, k: int) -> bpy.types.Object:
        """Blender's k-th object, seen."""
        while len(self.slots) <= k:
            slot = bpy.data.objects.new(f"slot{len(self.slots)}", bpy.data.meshes.new("nothing"))
            self.scene.collection.objects.link(slot)
            self.slots.append(slot)
        if self.slots[k].hide_render:
            self.slots[k].hide_render = False
        return self.slots[k]

    def _shared(self, key: str, surfaces: list) -> bpy.types.Mesh:
        """A mesh with these materials as its own: Cycles keeps it once for all objects that show it."""
        name = repr((key, [material.name for material in surfaces]))
        if name not in self.dressed:
            mesh = self.dressed[name] = self.meshes[key].copy()
            for k, material in enumerate(surfaces):
                mesh.materials[k] = material
        return self.dressed[name]

    def _fill(self, slot: bpy.types.Object, mesh: bpy.types.Mesh, surfaces: list, pose: np.ndarray, index: int) -> None:
        """Have a slot show a mesh, in these materials or, with none given, in its own."""
        if slot.data != mesh:
            slot.data = mesh
        if slot.pass_index != index:
            slot.pass_index = index
        link = "OBJECT" if surfaces else "DATA"
        for material_slot, material in zip(slot.material_slots, surfaces or mesh.materials, strict=True):
            if material_slot.link != link:
                material_slot.link = link
            if material_slot.material != material:
                material_slot.material = material
        if not np.allclose(np.array(slot.matrix_world), pose, atol=1e-9):
            slot.matrix_world = Matrix(pose.tolist())

    def _material(self, description: dict, mesh: str, mist: dict | None, *, hair: bool = False) -> bpy.types.Material:
        key = repr((description, mesh if description["image"] else None, mist, hair))
        if key not in self.materials:
            material = self.materials[key] = bpy.data.materials.new("material")
            if material.node_tree is None:  # Blender 5 makes one by itself
                material.use_nodes = True
            pictures = {name: self.pictures.get(f"{mesh}/{description[name]}") for name in ("image", "normal")}
            pictures["sky"] = self._sky(mist) if mist else None
            shading.paint(material.node_tree, description, pictures, mist, hair=hair)
        return self.materials[key]

    def _forget_materials(self) -> None:
        nothing, dressed = bpy.data.meshes.new("nothing"), list(self.dressed.values())
        for slot in self.slots:
            if slot.data in dressed:
                slot.data = nothing
            for material_slot in slot.material_slots:
                material_slot.material = None
        for fur in self.furs.values():
            fur.materials.clear()
        for material in self.materials.values():
            bpy.data.materials.remove(material)
        self.materials.clear()
        for mesh in self.dressed.values():
            bpy.data.meshes.remove(mesh)
        self.dressed.clear()
        for sky in self.skies.values():
            bpy.data.images.remove(sky)
        self.skies.clear()
        self.light, self.shining = None, []

    def _shine(self, light: dict) -> None:
        world = self.scene.world
        if world.node_tree is None:
            world.use_nodes = True
        if light["hdri"]:
            around = bpy.data.images.load(str(PANORAMAS / f"{light['hdri']}.exr"), check_existing=True)
        else:
            around = self._sky(light)
        shading.shine(world.node_tree, light, around)
        world.cycles.sampling_method = "AUTOMATIC" if light["hdri"] else "MANUAL"
        world.cycles.sample_map_resolution = SKY_PIXELS // 2  # a sky is smooth: its sun is a lamp
        for lamp in self.lamps:
            bpy.data.lights.remove(lamp.data)
        self.lamps = [self._lamp(light, lamp) for lamp in light["lamps"]]
        if not light["hdri"]:
            self.lamps.append(self._sun(light))
        self.light = light

    def _sky(self, light: dict) -> bpy.types.Image:
        """A sky as a panorama, painted once: its nodes cost a fifth of a picture, and seconds when it is new."""
        key = repr({name: light[name] for name in shading.SKY})
        if key not in self.skies:
            began = time.perf_counter()
            path = self.scratch / f"sky{len(self.skies)}.exr"
            self.skies[key] = painted_sky(light, path, self.scene.render.threads)
            self.render_s += time.perf_counter() - began
        return self.skies[key]

    def _sun(self, light: dict) -> bpy.types.Object:
        data = bpy.data.lights.new("sun", "SUN")
        data.energy, data.angle = light["sun"] * light["strength"], math.radians(1.0)
        low = 1.0 - math.exp(-light["elevation_deg"] / 12.0)  # the lower, the longer its way through the air
        data.color = tuple(
            t * c for t, c in zip(light["tint"], (1.0, 0.55 + 0.4 * low, 0.25 + 0.65 * low), strict=True)
        )
        thing = bpy.data.objects.new("sun", data)
        thing.rotation_euler = Vector(shading.sun_direction(light)).to_track_quat("Z", "Y").to_euler()
        self.scene.collection.objects.link(thing)
        return thing

    def _forget_lights(self) -> None:
        """Have Cycles begin anew: what it keeps of lights that are gone changes how it samples those that are there."""
        self.scene.render.use_persistent_data = False
        self.scene.render.use_persistent_data = True

    def _lamp(self, light: dict, lamp: list[float]) -> bpy.types.Object:
        """A rectangle that shines down."""
        x, y, z, watts, width, depth = lamp
        data = bpy.data.lights.new("lamp", "AREA")
        data.shape, data.size, data.size_y = "RECTANGLE", width, depth
        data.energy, data.color = watts * light["strength"], light["tint"]
        thing = bpy.data.objects.new("lamp", data)
        thing.location = (x, y, z)
        self.scene.collection.objects.link(thing)
        return thing

    def _aim(self, camera: dict) -> None:
        render, data = self.scene.render, self.scene.camera.data
        render.resolution_x, render.resolution_y, render.resolution_percentage = camera["width"], camera["height"], 100
        data.angle = math.radians(camera["fov_deg"])
        matrix = np.array(camera["pose"]) @ TO_BLENDER
        self.scene.camera.matrix_world = Matrix(matrix.tolist())

    def _picture(self, samples: int, denoise: bool) -> np.ndarray:
        scene, cycles = self.scene, self.scene.cycles
        cycles.samples, cycles.use_denoising, cycles.filter_width = samples, denoise, 1.5
        settings = scene.render.image_settings
        settings.media_type, settings.file_format, settings.color_mode = "IMAGE", "PNG", "RGB"
        settings.color_depth, settings.compression = "8", 0
        return np.frombuffer(self._written("picture.png"), np.uint8)

    def _annotations(self) -> dict[str, np.ndarray]:
        """One sample through every pixel's centre, so that no pixel is a mixture of two things."""
        scene, cycles = self.scene, self.scene.cycles
        bounces = cycles.max_bounces
        cycles.samples, cycles.use_denoising, cycles.filter_width, cycles.max_bounces = 1, False, 0.01, 0
        settings = scene.render.image_settings
        settings.media_type = "MULTI_LAYER_IMAGE"
        settings.file_format, settings.color_depth, settings.exr_codec = "OPEN_EXR_MULTILAYER", "32", "NONE"
        self._written("passes.exr")
        cycles.max_bounces = bounces
        return _read_passes(self.scratch / "passes.exr")

    def _written(self, name: str) -> bytes:
        path = self.scratch / name
        self.scene.render.filepath = str(path)
        began = time.perf_counter()
        bpy.ops.render.render(write_still=True)
        self.render_s += time.perf_counter() - began
        return path.read_bytes() if name.endswith(".png") else b""

    def take_mesh(self, key: str, arrays: dict[str, np.ndarray], n_parts: int) -> None:
        """Keep a mesh, and forget one of the same key."""
        vertices, triangles = arrays["vertices"], arrays["triangles"]
        mesh = bpy.data.meshes.new(key)
        mesh.vertices.add(len(vertices))
        mesh.loops.add(triangles.size)
        mesh.polygons.add(len(triangles))
        mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
        _fill_attribute(mesh, "position", "FLOAT_VECTOR", "POINT", vertices)
        _fill_attribute(mesh, ".corner_vert", "INT", "CORNER", triangles)
        _fill_attribute(mesh, "material_index", "INT", "FACE", arrays["part"])
        _fill_attribute(mesh, "sharp_face", "BOOLEAN", "FACE", ~arrays["smooth"])
        for _ in range(n_parts):
            mesh.materials.append(None)
        if "uv" in arrays:
            mesh.uv_layers.new(name="uv")
            _fill_attribute(mesh, "uv", "FLOAT2", "CORNER", arrays["uv"])
        mesh.update(calc_edges=True)
        mesh.set_sharp_from_angle(angle=SHARP)
        self.meshes[key] = mesh

    def take_fur(self, key: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep the fur of the mesh of that key: points `[strand, point, 3]`, radius `[strand, point]`, uv."""
        points = arrays["points"]
        fur = bpy.data.hair_curves.new(f"fur {key}")
        fur.add_curves([points.shape[1]] * len(points))
        fur.attributes["position"].data.foreach_set("vector", points.reshape(-1))
        fur.attributes.new("radius", "FLOAT", "POINT").data.foreach_set("value", arrays["radius"].reshape(-1))
        fur.attributes.new("root", "FLOAT2", "CURVE").data.foreach_set("vector", arrays["uv"].reshape(-1))
        self.furs[key] = fur

    def take_picture(self, key: str, png: np.ndarray) -> None:
        """Keep a picture, a PNG file's bytes; packed as they are, for Blender itself takes its time to write PNG."""
        image = bpy.data.images.new(key, 1, 1)
        image.pack(data=png.tobytes(), data_len=len(png))
        image.source = "FILE"
        self.pictures[key] = image

    def forget_models(self) -> None:
        """Drop every mesh and picture, for the client has sent too many."""
        nothing = bpy.data.meshes.new("nothing")
        for slot in self.slots:
            slot.data = nothing
        self._forget_materials()
        for hide in self.hides:
            bpy.data.objects.remove(hide)
        self.hides.clear()
        for fur in self.furs.values():
            bpy.data.hair_curves.remove(fur)
        self.furs.clear()
        for mesh in self.meshes.values():
            bpy.data.meshes.remove(mesh)
        for image in self.pictures.values():
            bpy.data.images.remove(image)
        self.meshes.clear()
        self.pictures.clear()


def _fill_attribute(mesh: bpy.types.Mesh, name: str, kind: str, domain: str, values: np.ndarray) -> None:
    """Copy a whole array; a mesh's own properties are set one by one."""
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, kind, domain)
    field = "value" if kind in ("INT", "BOOLEAN") else "vector"
    attribute.data.foreach_set(field, np.ascontiguousarray(values).reshape(-1))


def painted_sky(light: dict, path: Path, threads: int) -> bpy.types.Image:
    """The panorama of a sky, linear, through a camera that sees all above the horizon; below it all is as at it."""
    scene = bpy.data.scenes.new("sky")
    scene.world = bpy.data.worlds.new("sky")
    if scene.world.node_tree is None:
        scene.world.use_nodes = True
    scene.world.cycles.sampling_method = "NONE"  # nothing is lit by it here
    shading.shine(scene.world.node_tree, {**light, "tint": (1.0, 1.0, 1.0), "strength": 1.0}, None)
    camera = bpy.data.objects.new("sky", bpy.data.cameras.new("sky"))
    camera.data.type, camera.data.panorama_type = "PANO", "EQUIRECTANGULAR"
    camera.data.latitude_min = 0.0
    camera.rotation_euler = (math.pi / 2.0, 0.0, -math.pi / 2.0)  # the middle of a panorama is +x
    scene.collection.objects.link(camera)
    scene.camera = camera
    render, cycles = scene.render, scene.cycles
    render.engine, render.filepath = "CYCLES", str(path)
    render.threads_mode, render.threads = "FIXED", threads
    render.resolution_x, render.resolution_y, render.resolution_percentage = 2 * SKY_PIXELS, SKY_PIXELS // 2, 100
    cycles.samples, cycles.use_denoising, cycles.use_adaptive_sampling, cycles.filter_width = 1, False, False, 0.01
    settings = render.image_settings
    settings.media_type, settings.file_format = "IMAGE", "OPEN_EXR"
    settings.color_mode, settings.color_depth, settings.exr_codec = "RGB", "32", "NONE"
    bpy.ops.render.render(write_still=True, scene=scene.name)
    above = OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)
    below = np.broadcast_to(above[-1:], above.shape)
    whole = OpenImageIO.ImageBuf(np.concatenate([above, below]))
    whole.specmod().attribute("compression", "none")
    if not whole.write(str(path)):
        raise RuntimeError(f"the sky could not be written: {whole.geterror()}")
    image = bpy.data.images.load(str(path))
    image.pack()
    for made, kind in ((camera.data, bpy.data.cameras), (scene.world, bpy.data.worlds), (scene, bpy.data.scenes)):
        kind.remove(made)
    path.unlink()
    return image


def grain(size: int = 1024) -> bpy.types.Image:
    """A picture of noise, coarse and fine alike, that repeats without a seam; its values are spread evenly."""
    rng = np.random.default_rng(0)
    wave = np.hypot(*np.meshgrid(np.fft.rfftfreq(size), np.fft.fftfreq(size)))
    wave[0, 0] = np.inf
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * wave**-1.15)
    pixels = np.ones((noise.size, 4), np.float32)
    pixels[np.argsort(noise, axis=None), :3] = np.linspace(0.0, 1.0, noise.size, dtype=np.float32)[:, None]
    image = bpy.data.images.new("grain", size, size, is_data=True)
    image.pixels.foreach_set(pixels.reshape(-1))
    image.pack()
    return image


def _read_passes(path: Path) -> dict[str, np.ndarray]:
    file = OpenImageIO.ImageInput.open(str(path))
    if file is None:
        raise RuntimeError(f"no passes were written: {OpenImageIO.geterror()}")
    wanted = {"Depth": "depth", "Normal": "normals", "Object Index": "index", "Denoising Albedo": "albedo"}
    passes, k = {}, 0
    while file.seek_subimage(k, 0):
        name = file.spec().getattribute("name").partition(".")[2]
        if name in wanted:
            pixels = file.read_image(k, 0, 0, file.spec().nchannels, "float")
            passes[wanted[name]] = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
        k += 1
    file.close()
    return passes


def devices() -> list[str]:
    """Kinds of GPU that Cycles can use here, found by asking it; an empty list where there is none."""
    preferences = bpy.context.preferences.addons["cycles"].preferences
    found = []
    for kind in ("OPTIX", "CUDA", "HIP", "ONEAPI", "METAL"):
        try:
            preferences.compute_device_type = kind
        except TypeError:  # this build does not know that kind
            continue
        preferences.get_devices()
        if any(device.type == kind for device in preferences.devices):
            for device in preferences.devices:
                device.use = device.type == kind
            found.append(kind)
            break
    return found


def answer(stage: Stage, asked: dict, arrays: dict[str, np.ndarray]) -> tuple[dict, dict]:
    """Do what a message asks."""
    verb = asked["verb"]
    if verb == "render":
        return stage.render(asked, arrays)
    if verb == "mesh":
        stage.take_mesh(asked["key"], arrays, asked["n_parts"])
    elif verb == "fur":
        stage.take_fur(asked["key"], arrays)
    elif verb == "picture":
        stage.take_picture(asked["key"], arrays["png"])
    elif verb == "forget":
        stage.forget_models()
    elif verb == "hello":
        return {"blender": bpy.app.version_string, "devices": devices()}, {}
    else:
        raise ValueError(f"no such verb: {verb}")
    return {}, {}


def main() -> None:
    """Answer messages until the socket closes; `argv` ends with its number and a folder for the files in between."""
    connection, scratch = socket.socket(fileno=int(sys.argv[-2])), Path(sys.argv[-1])
    stage = Stage(scratch)
    try:
        while True:
            asked, arrays = wire.receive(connection)
            try:
                document, out = answer(stage, asked, arrays)
            except Exception:  # whatever it was, the caller is told
                document, out = {"error": traceback.format_exc()}, {}
            wire.send(connection, document, out)
    except wire.WireError:  # the caller has gone
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
