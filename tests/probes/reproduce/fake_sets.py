"""The four data sets of `umwelt reproduce invariance`, tiny and drawn without a renderer."""

from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.spec import parse_spec
from tests.sims.scenes.datasets.fake_scene import open_fake

TRAIN = """
name = "invariance-{name}"
size = 24
[factors]
world_name = ["Bridge", "Beach", "Old Town"]
character_name = ["Mug", "Chair", "Lamp", "Ball", "Vase", "Crate"]
camera_yaw = {yaw}
character_scale = {scale}
[design]
kind = "latin_hypercube"
n = {n}
"""
TEST = """
name = "invariance-test"
size = 24
[factors]
world_name = ["{world}"]
character_name = [{characters}]
camera_yaw = [{yaw}]
character_scale = [1.0, 0.5, 0.4]
[design]
kind = "one_at_a_time"
around = {{ camera_yaw = {base} }}
for_each = ["world_name", "character_name"]
"""
ALL = '"Mug", "Chair", "Lamp", "Ball", "Vase", "Crate"'
MANY_SIDES, MANY_SIZES = "{ low = -90, high = 90 }", "{ low = 0.5, high = 1.3 }"


def make(folder, name, text):
    render_dataset(parse_spec(text), folder / name, 1, open_fake)


def make_train(folder, name, yaw="[0]", scale="[1.0]", n=36):
    make(folder, name, TRAIN.format(name=name, yaw=yaw, scale=scale, n=n))


def make_test(folder, world="Forest", characters=ALL, yaw="0, 45, 135", base="0"):
    make(folder, "test", TEST.format(world=world, characters=characters, yaw=yaw, base=base))


def make_sets(folder):
    make_train(folder, "fixed")
    make_train(folder, "yaw", yaw=MANY_SIDES)
    make_train(folder, "scale", scale=MANY_SIZES)
    make_test(folder)
    return folder
