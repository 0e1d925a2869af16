"""The kernels that draw what a player sees: buildings, open ground, billboards."""
