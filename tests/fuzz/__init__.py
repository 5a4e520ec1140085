"""Fuzz targets. `make fuzz SECONDS=60` gives them to atheris, `test_fuzz.py` runs them on inputs kept from before."""
