"""An eventfd adds up what is written to it, and is 0 again once it is read."""

import os
from select import select

counter = os.eventfd(0)
for _ in range(3):
    os.eventfd_write(counter, 1)
print("written three times; read once:", os.eventfd_read(counter))
print("is there more?", counter in select([counter], [], [], 0)[0])
os.close(counter)

counter = os.eventfd(3, os.EFD_CLOEXEC | os.EFD_SEMAPHORE)
print("as a semaphore:", [os.eventfd_read(counter) for _ in range(3)])
os.close(counter)
