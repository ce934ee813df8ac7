"""The command line: ``python -m ipc_cookbook``.

Processes started by ``spawn`` import this module again, so it imports nothing until it runs.
"""


def main() -> int:
    """Run the command line and return its exit status."""
    import gc

    gc.disable()  # until all is loaded
    try:
        from ipc_cookbook.crew.signal_mask import interrupts_blocked

        with interrupts_blocked():
            from ipc_cookbook.cli.main import run
        return run()
    except KeyboardInterrupt:
        import sys

        print("ipc_cookbook: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
