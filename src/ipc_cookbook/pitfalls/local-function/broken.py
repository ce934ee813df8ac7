"""Can't pickle local object.

:Message: ``Can't pickle local object ...<locals>...``,
    ``Can't get local object '...<locals>...'``,
    ``multiprocessing/reduction.py...Can't pickle <function <lambda>``,
    ``multiprocessing/...Can't get attribute '...' on <module '__m...``,
    ``multiprocessing/...pickle.load(...module '__main__' has no attribute``,
    ``multiprocessing/...Pickler.loads(...module '__main__' has no attribute``
:Asked as: Can't get attribute on module __main__, lambda as target of spawn, nested
    function as target of spawn
:Cause: spawn and forkserver send the target to the new process as a pickle, and a
    pickle holds a function by its name alone. The new process imports the module and
    looks for that name. A function inside of another one, or a lambda, cannot be found
    there; nor can one that was typed at a prompt or in a notebook.
:Fix: Move the function to the top of a module that can be imported.
:Affects: forkserver, spawn; the defaults of macOS and Windows, and of Linux from Python
    3.14 on. With fork the new process is a copy and nothing is pickled.
:Known as: python/cpython#126831, python/cpython#91027
:Outcome: prints Can't ... local object
"""

from multiprocessing import Process


def main() -> None:
    def work() -> None:
        print("working")

    process = Process(target=work)
    process.start()
    process.join()


if __name__ == "__main__":
    main()
