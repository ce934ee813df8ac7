""":Cause: nobody accepts the connection"""

import os
from multiprocessing import Process
from multiprocessing.managers import BaseManager


class Manager(BaseManager):
    pass


if __name__ == "__main__":
    server = Manager(authkey=b"a key").get_server()  # it listens from here on
    process = Process(target=os._exit, args=(1,))  # was to serve
    process.start()
    process.join()
    Manager(server.address, authkey=b"a key").connect()
