"""`python -m dimse_codegen`."""

from dimse_codegen.cli import main

main(prog_name="dimse-codegen")
