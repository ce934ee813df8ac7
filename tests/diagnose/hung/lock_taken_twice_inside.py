""":Cause: lock taken twice"""

from threading import Lock

if __name__ == "__main__":
    lock = Lock()
    with lock, lock:
        print("working")
