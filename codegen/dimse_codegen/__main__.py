"""`dimse-codegen`, or `python -m dimse_codegen`. It needs the extra `codegen`."""

import sys


def main() -> None:
    """Run `dimse-codegen`."""
    try:
        from dimse_codegen.cli import main as commands
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("click", "jinja2", "ruamel"):
            raise
        sys.exit(f"dimse-codegen needs {error.name}: pip install 'dimse[codegen]'")
    commands(prog_name="dimse-codegen")


if __name__ == "__main__":
    main()
