"""How the two sides of a recipe come together: one module for each that plays between hosts.

It has the name of the recipe's own module, and ``listen`` and ``connect``.
"""
