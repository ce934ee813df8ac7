"""Popen.wait() hangs with stdout=PIPE.

:Asked as: Popen wait deadlock, subprocess wait hangs with PIPE, subprocess hangs with
    large output
:Cause: The other program writes into a pipe, which holds some 64 KiB, and then it waits
    until somebody reads. The parent does not read, but waits for its end.
:Fix: Read while you wait: ``communicate()`` does, and takes both pipes, standard output
    and standard error.
:Affects: every start method
:Outcome: hangs; mended, it prints 100001 bytes
"""

import sys
from subprocess import PIPE, Popen

if __name__ == "__main__":
    with Popen([sys.executable, "-c", "print('x' * 100_000)"], stdout=PIPE) as program:
        program.wait()
        output = program.stdout.read() if program.stdout else b""
        print(len(output), "bytes")
