""":Cause: spinning
:Grade: LIKELY
"""

from multiprocessing import Pipe, Process

if __name__ == "__main__":
    mine, theirs = Pipe()
    process = Process(target=theirs.recv)
    process.start()
    theirs.close()
    while process.is_alive():
        pass
