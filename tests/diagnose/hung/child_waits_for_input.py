""":Cause: the child waits for its standard input"""

import sys
from subprocess import PIPE, Popen

if __name__ == "__main__":
    program = Popen([sys.executable, "-c", "input()"], stdin=PIPE)
    program.wait()
