""":Cause: wait before read"""

import sys
from subprocess import PIPE, Popen

if __name__ == "__main__":
    with Popen([sys.executable, "-c", "print('x' * 100_000)"], stdout=PIPE) as program:
        program.wait()
