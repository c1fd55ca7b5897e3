"""``gradproof lsp``: sheets are checked in an editor while they are written (Language Server Protocol 3.17)."""
