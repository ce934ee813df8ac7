"""The command line: ``python -m ipc_cookbook``.

Processes started by ``spawn`` import this module again, so it imports nothing until it runs.
"""


def main() -> int:
    """Run the command line and return its exit status."""
    import gc
    import sys

    from ipc_cookbook.surroundings import blame

    if getattr(sys, "frozen", False):  # then a player's process begins here as well
        from multiprocessing import freeze_support

        freeze_support()
    gc.disable()  # until all is loaded
    try:
        from ipc_cookbook.crew.signal_mask import interrupts_blocked, take_over_endings

        take_over_endings()
        with interrupts_blocked():
            from ipc_cookbook.cli.main import run
        return run()
    except KeyboardInterrupt as error:
        print(f"ipc_cookbook: {str(error) or 'interrupted'}", file=sys.stderr)
        return 128 + getattr(error, "number", 2)
    except Exception as error:  # as it loads; later on it explains itself
        if (blamed := blame(error)) is None:
            raise
        status, message = blamed
        print(f"ipc_cookbook: {message}", file=sys.stderr)
        return status


if __name__ == "__main__":
    raise SystemExit(main())
