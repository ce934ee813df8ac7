"""The recipes: one module per mechanism, each complete in itself."""
