"""What every world needs: kernels, seeding, threads, atomic files, video."""
