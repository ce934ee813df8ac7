""":Cause: nothing more comes"""

from multiprocessing import Process, Queue
from typing import Any


def work(questions: Any, answers: Any) -> None:
    answers.put(questions.get())


if __name__ == "__main__":
    questions: Any = Queue()
    answers: Any = Queue()
    process = Process(target=work, args=(questions, answers))
    process.start()
    answers.get()
