"""Let `python -m node` be the `hedgerow` command."""

from node.cli.main import main

if __name__ == "__main__":
    main()
