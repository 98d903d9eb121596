"""``python -m twin_core``."""

from twin_core.cli import main

if __name__ == "__main__":
    main()
