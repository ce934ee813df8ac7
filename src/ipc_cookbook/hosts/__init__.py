"""A game between two hosts, one player on each; nothing here is needed on one machine.

``remote`` plays it: each host has one side, under the same supervisor, and the end of the recipe
that plays on one machine. ``hello`` is what the sides say before the words. ``reach`` finds the
other host, ``door`` receives callers, ``keys`` reads one side's keys, and ``new_keys`` makes both.
"""
