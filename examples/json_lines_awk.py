"""Play Ping-Pong with a program in another language: a turn is a line of JSON.

    python json_lines_awk.py --each 25

Ping is in Python, Pong in awk, and each sends its word to the other.
"""

import json
import sys
from argparse import ArgumentParser, RawTextHelpFormatter
from base64 import b64decode
from shutil import which
from subprocess import PIPE, Popen

MAWK = ["mawk", "-W", "interactive"]  # or it reads ahead, and waits for more lines
PONG = r"""match($0, /"token": [0-9]+/) {
    token = substr($0, RSTART + 9, RLENGTH - 9) + 1
    printf "{\"token\": %d, \"payload\": \"UG9uZw==\"}\n", token  # that is Pong
    fflush()  # or the line stays with awk, and both wait
}"""


def play(each: int) -> None:
    awk, token = MAWK if which("mawk") else ["awk"], 0
    # bufsize=1: a line goes out as soon as it is whole
    with Popen([*awk, PONG], stdin=PIPE, stdout=PIPE, bufsize=1, text=True) as pong:
        while token < 2 * each:
            turn = {"token": token + 1, "payload": "UGluZw=="}
            print(json.dumps(turn), file=pong.stdin)
            line = pong.stdout.readline()  # type: ignore[union-attr]
            if not line.endswith("\n"):
                sys.exit("awk has died")
            answer = json.loads(line)
            token, word = answer["token"], b64decode(answer["payload"]).decode()
            print("Ping" + word, end="", flush=True)
    print(f"\n{token} words; awk has ended with status {pong.returncode}")


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("--each", type=int, default=25, metavar="N", help="words of each (25)")
    try:
        play(parser.parse_args().each)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"the game is over: {error}")
