"""The compiler: YAML that reads as the tables of PS3.7 in, a Python package out.

`load` reads, `laws` judges, `view` decides, `render` prints, `sync` writes, `audit` compares with the standard. It
imports nothing of `dimse`, so that a broken output can never stop its own repair.
"""
