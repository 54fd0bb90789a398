"""`python -m hilum`, and what `accelerate launch -m hilum` starts."""

from hilum.cli.app import main

if __name__ == "__main__":
    main()
