"""A semaphore with a name, which another program will find."""

import ctypes
import os

if __name__ == "__main__":
    library, name = ctypes.CDLL(None), f"/cookbook-{os.getpid()}".encode()
    library.sem_open.restype = ctypes.c_void_p
    semaphore = ctypes.c_void_p(library.sem_open(name, os.O_CREAT, 0o600, 0))
    print("ready", flush=True)
    library.sem_wait(semaphore)
