""":Cause: the child waits for its standard input"""

from subprocess import PIPE, Popen

if __name__ == "__main__":
    program = Popen(["cat"], stdin=PIPE, stdout=PIPE)
    assert program.stdin
    assert program.stdout
    program.stdin.write(b"a line\n")
    program.stdin.flush()
    program.stdout.readline()
    program.stdout.read()  # to an end that cat never sees
