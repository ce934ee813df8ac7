""":Cause: reads one, and the other is full"""

import sys
from subprocess import PIPE, Popen

TALKATIVE = "import sys; sys.stderr.write('x' * 100_000); print('done')"

if __name__ == "__main__":
    with Popen([sys.executable, "-c", TALKATIVE], stdout=PIPE, stderr=PIPE) as program:
        assert program.stdout
        program.stdout.read()
