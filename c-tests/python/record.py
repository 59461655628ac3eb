"""Runs mpi4py's own test suite in one rank and records what became of each test.

    python record.py SUITE RECORD [OPTIONS OF THE SUITE]

SUITE is the folder `test` of mpi4py's sources. Rank r writes RECORD.r: a line
when a test begins and one when it ends, so that of a job that hangs or dies the
last line of each rank names the test.
"""

import os
import sys
import time
import unittest

suite, record = sys.argv[1:3]
sys.path.insert(0, suite)
sys.dont_write_bytecode = True


class Record(unittest.TestResult):
    """One line per event: what happened, to which test, and its words."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def write(self, outcome, test, words=""):
        words = " ".join(str(words).split())
        print(outcome, test.id(), words, sep="\t", file=self.file, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.write("begin", test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.write("pass", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.write("skip", test, reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.write("fail", test, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.write("fail", test, self.errors[-1][1])

    def addSubTest(self, test, part, error):
        super().addSubTest(test, part, error)
        if error is not None:
            self.write("fail", test, self._exc_info_to_string(error, test))

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.write("xfail", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.write("pass", test)


class Runner:
    """What unittest.TestProgram calls."""

    def run(self, tests):
        from mpi4py import MPI

        rank = MPI.COMM_WORLD.Get_rank()
        start = time.monotonic()
        with open(f"{record}.{rank}", "w", encoding="utf-8") as file:
            version = MPI.Get_library_version().split("\n")[0].rstrip("\0")
            print("library", version, os.path.basename(MPI.__file__), sep="\t", file=file)
            result = Record(file)
            tests.run(result)
            print("end", result.testsRun, f"{time.monotonic() - start:.1f}", sep="\t", file=file)
        return result


import main  # noqa: E402  (of the suite)

main.TestProgram(module=None, argv=["record.py", *sys.argv[3:]], testRunner=Runner())
