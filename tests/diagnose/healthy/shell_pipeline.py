"""Two programs behind one another, of which the first one takes its time."""

import subprocess

if __name__ == "__main__":
    first = subprocess.Popen(["sleep", "600"], stdout=subprocess.PIPE)
    second = subprocess.Popen(["cat"], stdin=first.stdout)
    print("ready", flush=True)
    second.wait()
