from multiprocessing import Process, Queue


def square(todo, done):
    for number in iter(todo.get, None):
        done.put(number * number)


if __name__ == "__main__":
    todo, done = Queue(), Queue()
    worker = Process(target=square, args=(todo, done))
    worker.start()
    for number in (3, 4, 5, None):
        todo.put(number)
    print(done.get(), done.get(), done.get())
    worker.join()
