"""What an official client of UnrealCV does, of any version: run in its own environment with a port and a Unix socket.

Prints one JSON document. Knows nothing but the standard library, for 1.0.1 brings nothing more.
"""

import io
import json
import os
import struct
import sys
import time
import traceback


def size_of_png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def plain(client):
    """What every version can: text, batches, pictures, requests without an answer."""
    checks = {"connected": client.connect()}
    checks["status"] = "Port:" in client.request("vget /unrealcv/status")
    client.request("vset /camera/0/location 10 20 30", -1)
    checks["location"] = client.request("vget /camera/0/location") == "10.000 20.000 30.000"
    batch = client.request([f"vget /unrealcv/echo {k}" for k in range(500)])
    checks["batch"] = batch == [str(k) for k in range(500)]
    checks["png"] = size_of_png(client.request("vget /camera/0/lit png")) == (64, 48)
    bmp = client.request("vget /camera/0/object_mask bmp")
    checks["bmp"] = len(bmp) == 54 + 64 * 48 * 4
    npy = client.request("vget /camera/0/depth npy")
    checks["npy"] = npy[-64 * 48 * 4 - 1 : -64 * 48 * 4] == b"\n"
    unknown = client.request("vget /unrealcv/this_command_does_not_exist")
    checks["unknown"] = unknown.startswith("error") and "Can not find a handler" in unknown
    checks["objects"] = all(
        client.request(f"vget /object/{name}/color").startswith("(R=")
        for name in client.request("vget /objects").split(" ")
    )
    return checks


def whole(port):
    """`UnrealCv_API`, from 1.1.6 on: its start, poses, pictures, masks, and what it spawns."""
    import numpy as np
    from unrealcv.api import UnrealCv_API

    api = UnrealCv_API(port, "127.0.0.1", (64, 48))
    checks = {"start": api.get_camera_num() >= 1 and "character_1" in api.obj_dict}
    api.config_ue((64, 48), low_quality=True)
    checks["cameras"] = set(api.camera_info()[0]) == {"location", "rotation", "fov"}
    api.set_cam_location(0, [-300, 0, 100])
    api.set_cam_rotation(0, [-15, 0, 0])
    checks["pose"] = api.get_cam_pose(0) == [-300.0, 0.0, 100.0, -15.0, 0.0, 0.0]
    api.move_cam(0, [-250, 0, 90])
    checks["moved"] = api.get_cam_location(0) == [-250.0, 0.0, 90.0]
    for mode in ("png", "bmp"):
        for view in ("lit", "normal", "object_mask", "seg"):
            checks[f"{view} {mode}"] = api.get_image(0, view, mode).shape == (48, 64, 3)
    depth = api.get_depth(0)
    checks["depth"] = depth.shape == (48, 64, 1) and 200 < depth.min() < 400
    checks["rgbd"] = api.get_image_multimodal(0).shape == (48, 64, 4)
    checks["cams"] = len(api.get_image_multicam([0, 0])) == 2
    mask = api.get_image(0, "object_mask", "png")
    inside = api.get_mask(mask, "character_1")  # its get_bbox does not work with OpenCV 5
    there = (depth[..., 0] < 65504).sum()
    checks["mask"] = bool(inside.any() and (inside > 0).sum() == there)
    checks["bounds"] = len(api.get_obj_bounds("character_1")) == 6 and min(api.get_obj_size("character_1")) > 1
    checks["vertices"] = len(api.get_vertex_locations("character_1")) > 100
    checks["pose of"] = len(api.get_obj_pose("character_1")) == 6
    api.set_obj_location("character_1", [1, 2, 3])
    api.set_obj_scale("character_1", [2, 2, 2])
    api.set_obj_color("character_1", [5, 6, 7])
    checks["set"] = (
        api.get_obj_location("character_1") == [1.0, 2.0, 3.0]
        and api.get_obj_scale("character_1") == [2.0, 2.0, 2.0]
        and api.client.request("vget /object/character_1/color") == "(R=5,G=6,B=7,A=255)"
    )
    api.set_hide_obj("character_1")
    checks["hidden"] = not api.get_image(0, "object_mask", "png").any()
    api.set_show_obj("character_1")
    before = api.get_camera_num()
    api.set_new_camera()
    checks["camera"] = api.get_camera_num() == before + 1
    answer = api.client.request(f"vset /object/spawn Drum drum_{os.getpid()}")
    checks["spawn"] = answer == f"drum_{os.getpid()}" and api.get_obj_uclass(answer) == "Drum"
    api.set_pause()
    checks["paused"] = api.get_is_paused()
    api.set_resume()
    api.set_map("Snow")
    checks["map"] = api.client.request("vget /level/name") == "Snow" and "Snow_ground" in api.obj_dict
    api.set_global_time_dilation(1)
    api.set_keyboard("Up")
    checks["goes on"] = api.get_is_paused() is False
    api.client.disconnect()
    assert np is not None
    return checks


def main():
    sys.stdout, out = io.StringIO(), sys.stdout
    import unrealcv

    port, path = int(sys.argv[1]), sys.argv[2]
    tcp = unrealcv.Client(("127.0.0.1", port), "inet")
    unix = unrealcv.Client(path, "unix")
    checks = {"tcp": plain(tcp), "unix": plain(unix)}
    times = []
    for _ in range(300):
        began = time.perf_counter()
        tcp.request("vget /camera/0/location")
        times.append(time.perf_counter() - began)
    tcp.disconnect()
    unix.disconnect()
    if hasattr(unrealcv, "UnrealCv_API"):
        checks["api"] = whole(port)
    failed = [f"{part} {name}" for part in checks for name in checks[part] if not checks[part][name]]
    number = sum(len(part) for part in checks.values())
    version = unrealcv.__version__
    out.write(
        json.dumps({"version": version, "checks": number, "failed": failed, "ms": 1e3 * sorted(times)[150]}) + "\n"
    )
    out.flush()


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # before 1.3 a client's thread would keep the process
    os._exit(0)
