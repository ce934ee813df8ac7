"""A game between two hosts, one player on each; nothing here is needed on one machine.

``remote`` plays it: each host has one ``side``, under the same supervisor. ``hello`` is what the
sides say to each other before and after the words. ``between`` brings a recipe's two ends
together; ``reach`` finds the other host, ``door`` receives callers, ``keys`` makes and reads the
keys.
"""
