"""Training: it learns, it repeats itself, and augmentation does what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from probes.reproduce.fitting import (
    RECIPES,
    Recipe,
    crop_and_flip,
    fit,
    logits_and_layers,
    pixels,
    rate_at,
    settle,
)
from probes.reproduce.networks import ARCHITECTURES, EMBEDDING, network
from probes.reproduce.pictures import Labelled

QUICK = Recipe(epochs=6, batch=8, lr=3e-3)


def coloured(n=48, side=24):
    """Pictures of three colours, dark to bright along x."""
    labels = np.arange(n) % 3
    images = np.zeros((n, side, side, 3), np.uint8)
    images[np.arange(n), :, :, labels] = np.linspace(40, 255, side, dtype=np.uint8)
    return Labelled(images, labels)


def test_pixels_run_from_minus_two_to_two():
    shown = pixels(Labelled(np.array([[[[0, 255, 51]]]], np.uint8), np.array([0])))
    assert shown.shape == (1, 3, 1, 1)
    assert shown.flatten().tolist() == pytest.approx([-2.0, 2.0, -1.2])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("augmented", [False, True])
def test_what_can_be_learnt_is_learnt_and_the_same_seed_learns_the_same(architecture, augmented):
    trained = []
    for seed in (0, 0, 1):
        own = network(architecture, 3, 24, 0)
        fit(own, coloured(), replace(QUICK, half=architecture == "resnet"), augmented=augmented, seed=seed)
        logits, _ = logits_and_layers(own, coloured())
        trained.append((own, (logits.argmax(1).numpy() == coloured().labels).mean()))
    assert trained[0][1] > 0.9
    one, again, other = (list(own.state_dict().values()) for own, _ in trained)
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_crops_lie_inside_and_every_other_one_is_mirrored():
    images = pixels(coloured(n=400))
    shown = crop_and_flip(images, torch.Generator().manual_seed(0))
    assert shown.shape == images.shape
    low, high = images.amin((2, 3)), images.amax((2, 3))
    assert (shown.amin((2, 3)) >= low - 1e-5).all()
    assert (shown.amax((2, 3)) <= high + 1e-5).all()
    own = shown[torch.arange(400), torch.from_numpy(coloured(400).labels)]
    rises = (own[:, 0, -1] - own[:, 0, 0]) / (4 * (255 - 40) / 255)  # of the whole width's, negative if mirrored
    assert 0.4 < (rises < 0).float().mean() < 0.6
    assert rises.abs().min() > 0.3  # the narrowest: half a side over the root of the stretch
    assert rises.abs().max() <= 1.0 + 1e-5


def test_a_whole_crop_is_the_picture(monkeypatch):
    monkeypatch.setattr("probes.reproduce.fitting.LEAST_AREA", 1.0)
    monkeypatch.setattr("probes.reproduce.fitting.STRETCH", 1.0)
    images = pixels(coloured(n=40))
    shown = crop_and_flip(images, torch.Generator().manual_seed(0))
    same = torch.isclose(shown, images, atol=1e-4).flatten(1).all(1)
    mirrored = torch.isclose(shown, images.flip(-1), atol=1e-4).flatten(1).all(1)
    assert (same | mirrored).all()
    assert same.any()
    assert mirrored.any()


def test_the_rate_rises_and_falls():
    assert rate_at(0.0) == 0.0
    assert rate_at(0.15) == 1.0
    assert rate_at(0.575) == pytest.approx(0.5)
    assert rate_at(1.0) == pytest.approx(0.0)


def test_settling_gives_batch_norms_statistics_and_leaves_the_weights():
    own, fresh = network("resnet", 3, 24, 0), network("resnet", 3, 24, 0)
    settle(own, coloured(), batch=48)
    assert not own.training
    assert all(torch.equal(a, b) for a, b in zip(own.parameters(), fresh.parameters(), strict=True))
    stem = own.stages["stem"][:2](pixels(coloured()))  # convolution, batch norm
    assert stem.mean((0, 2, 3)).abs().max() < 1e-4
    assert torch.allclose(stem.var((0, 2, 3)), torch.ones(16), atol=1e-2)
    assert own.stages["stem"][1].momentum == fresh.stages["stem"][1].momentum


def test_layers_do_not_depend_on_how_many_pictures_are_asked_at_once(monkeypatch):
    own = network("vit", 3, 24, 0).eval()
    logits, layers = logits_and_layers(own, coloured())
    monkeypatch.setattr("probes.reproduce.fitting.ASKED_AT_ONCE", 7)
    again, same = logits_and_layers(own, coloured())
    assert torch.allclose(logits, again, atol=1e-5)
    assert torch.allclose(layers[EMBEDDING], same[EMBEDDING], atol=1e-5)


def test_too_few_pictures_and_a_rate_too_high_are_refused():
    with pytest.raises(ValueError, match="7 pictures are fewer than one batch of 8"):
        fit(network("vit", 3, 24, 0), coloured(7), QUICK, augmented=False, seed=0)
    wild = replace(QUICK, lr=1e38)
    with pytest.raises(ArithmeticError, match="lower the learning rate"):
        fit(network("resnet", 3, 24, 0), coloured(), wild, augmented=False, seed=0)


def test_every_architecture_has_a_recipe():
    assert set(RECIPES) == set(ARCHITECTURES)
