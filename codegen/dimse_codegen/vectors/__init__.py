"""Test vectors, made from the schema for every rule of the catalogue."""
