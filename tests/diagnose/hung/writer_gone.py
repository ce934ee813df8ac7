""":Cause: writer gone"""

import os
from multiprocessing import Process, Queue
from typing import Any

if __name__ == "__main__":
    queue: Any = Queue()
    process = Process(target=os._exit, args=(1,))
    process.start()
    queue.get()
