"""A signal is pending or it is not: of two in a row, one is heard."""

import os
from signal import SIG_BLOCK, SIGUSR1, Signals, pthread_sigmask, sigpending, sigwait

pthread_sigmask(SIG_BLOCK, {SIGUSR1})
os.kill(os.getpid(), SIGUSR1)
os.kill(os.getpid(), SIGUSR1)
print("sigwait:", Signals(sigwait({SIGUSR1})).name)
print("is there another one?", SIGUSR1 in sigpending())
