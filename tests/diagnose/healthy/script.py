"""A script that waits for another program, and reads what it says."""

import subprocess

if __name__ == "__main__":
    print("ready", flush=True)
    subprocess.run(["sleep", "600"], stdout=subprocess.PIPE)
