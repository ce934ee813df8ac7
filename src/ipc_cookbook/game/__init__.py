"""The exercise: the loop that both players run, its arguments, its result, ``run_pingpong``."""
