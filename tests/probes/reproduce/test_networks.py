"""The two architectures: layers, seeds, sizes."""

import pytest
import torch

from probes.reproduce.networks import ARCHITECTURES, EMBEDDING, network

IMAGES = torch.rand(2, 3, 96, 96) * 4 - 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_are_flat_coarse_and_lead_to_the_logits(architecture):
    own = network(architecture, 10, 96, 0).eval()
    layers = own.layers(IMAGES)
    assert list(layers)[-1] == EMBEDDING
    assert torch.equal(own(IMAGES), own.head(layers[EMBEDDING]))
    shapes = {name: tuple(layer.shape) for name, layer in layers.items()}
    if architecture == "resnet":
        assert shapes == {
            "stem": (2, 16 * 64),
            "stage1": (2, 16 * 64),
            "stage2": (2, 32 * 64),
            "stage3": (2, 64 * 64),
            EMBEDDING: (2, 64),
        }
    else:
        assert shapes == {
            **dict.fromkeys(("patches", "block1", "block2", "block3", "block4"), (2, 64 * 96)),
            EMBEDDING: (2, 96),
        }


def test_a_vit_mixes_tokens_and_knows_their_places():
    own = network("vit", 10, 24, 0).eval()
    images = torch.rand(1, 3, 24, 24)
    turned = images.flip(-1)  # patches change places, and are mirrored
    changed = images.clone()
    changed[..., :12, :12] += 1.0
    last = own.layers(images)["block4"].unflatten(1, (4, 96)), own.layers(changed)["block4"].unflatten(1, (4, 96))
    assert (last[0] != last[1]).any(-1).all(), "a change of one patch reaches every token"
    assert not torch.allclose(own(images), own(turned))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_seed_gives_one_network_and_leaves_torch_as_it_was(architecture):
    before = torch.random.get_rng_state()
    one, again, other = (network(architecture, 10, 24, seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_side_that_has_no_whole_patches_is_refused():
    with pytest.raises(ValueError, match="patches of 12 pixels, got a side of 100"):
        network("vit", 10, 100, 0)
