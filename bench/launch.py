"""Starts one process, waits for it, and prints what it used: wall s, CPU s, peak MiB, exit code.

It is run as a script of its own, with as few imports as can be: the kernel counts into the peak memory of a process
what its parent held when it was started, so that a large parent would hide the figures of small children.

Arguments: a file for the stdout of the process, and its words.
"""

import os
import sys
import time


def main(output: str, *words: str) -> None:
    """Run `words`; the figures go to stdout, what the process writes to stderr goes to stderr."""
    to_file = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    started = time.perf_counter()
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[to_file])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
