"""MPI: scatter an array over the ranks, work on the parts, and gather the results.

    mpiexec -n 4 python -m mpi4py mpi_scatter_gather.py numpy:sqrt
    mpiexec -n 4 python -m mpi4py mpi_scatter_gather.py numpy:exp numbers.npy exp.npy

The function gets an array of numbers, and returns as many. From rank to rank goes the
array's own memory, without a pickle. NumPy alone has to come to the same results. If
one rank dies, all end.
"""

import sys
from argparse import ArgumentParser, Namespace, RawTextHelpFormatter
from pkgutil import resolve_name
from typing import Any


def read_numbers(parser: ArgumentParser, np: Any) -> tuple[Namespace, Any]:
    args = parser.parse_args()
    try:
        resolve_name(args.function)
        numbers = np.load(args.numbers) if args.numbers else np.arange(1_000_000)
        return args, np.ascontiguousarray(numbers, float).ravel()
    except (ImportError, AttributeError, ValueError) as error:
        parser.error(f"argument MODULE:FUNCTION or NUMBERS.npy: {error}")
    except OSError as error:
        parser.error(f"argument NUMBERS.npy: {error}")


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    add = parser.add_argument
    add("function", metavar="MODULE:FUNCTION", help="that makes an array of one")
    add("numbers", nargs="?", metavar="NUMBERS.npy", help="(0 to 999999)")
    add("results", nargs="?", metavar="RESULTS.npy", help="(they are not kept)")
    try:
        import numpy as np
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # no such package, or no MPI library
        parser.parse_args()
        sys.exit(f"{error}: pip install mpi4py mpich numpy")
    world: Any = MPI.COMM_WORLD
    args: Any = None
    numbers: Any = None
    try:
        if world.rank == 0:
            args, numbers = read_numbers(parser, np)
    except SystemExit as end:  # this rank has said why, and all of them end
        args = end.code
    args, size = world.bcast((args, np.size(numbers)))
    if not isinstance(args, Namespace):
        MPI.Finalize()
        sys.exit(args)
    share, rest = divmod(size, world.size)
    sizes = [share + (rank < rest) for rank in range(world.size)]
    part, results = np.empty(sizes[world.rank]), np.empty(size)
    world.Scatterv([numbers, sizes, MPI.DOUBLE], part)
    function = resolve_name(args.function)
    part[:] = function(part)
    world.Gatherv(part, [results, sizes, MPI.DOUBLE])
    if world.rank == 0:
        print(f"{size} numbers, in parts of {', '.join(map(str, sizes))}")
        if not np.allclose(results, function(numbers), equal_nan=True):
            MPI.Finalize()
            sys.exit("NumPy alone comes to other results")
        print("NumPy alone comes to the same results")
        if args.results:
            np.save(args.results, results)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
