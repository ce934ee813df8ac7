"""Who has the key can have any function called; here it is print."""

from multiprocessing import Process
from multiprocessing.connection import Client, Listener

KEY = b"a key that both know"


class Visitor:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("said in the listener's process, as the visitor wanted it",)


def visit(address: str) -> None:
    with Client(address, authkey=KEY) as connection:
        connection.send(Visitor())


if __name__ == "__main__":
    with Listener(authkey=KEY) as listener:
        process = Process(target=visit, args=(listener.address,))
        process.start()
        with listener.accept() as connection:
            print("recv returned", connection.recv())
        process.join()
