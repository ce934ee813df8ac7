"""Running a game: its processes are started, watched, and ended in one place for every mechanism.

``supervisor`` is the way in. A ``Crew`` holds the processes as the caller sees them;
``player`` and ``helpers`` are what runs in them, under a ``guard``, around a ``Board`` of shared
memory. A player's ``report`` comes back out of band.
"""
