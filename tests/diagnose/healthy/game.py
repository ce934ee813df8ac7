"""A game of this package's, slowly."""

from ipc_cookbook import run_pingpong

if __name__ == "__main__":
    print("ready", flush=True)
    run_pingpong("pipe", delay=100, timeout=None)  # no recipe
