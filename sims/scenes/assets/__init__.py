"""Packs of other people's assets: fetched once into the user's cache, checked, converted, with licence and credits."""
