"""``python -m gradproof``."""

from gradproof.cli import main

main()
