"""Questions for image models: what they see in scenes whose every factor is known."""

from probes.vision.interface import ImageModel, Interface
from probes.vision.models import load_model

__all__ = ["ImageModel", "Interface", "load_model"]
