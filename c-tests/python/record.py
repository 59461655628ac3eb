"""Runs mpi4py's own test suite in one rank and records what became of each test.

    python record.py SUITE RECORD DONE ASKED [OPTIONS OF THE SUITE]

SUITE is the folder `test` of mpi4py's sources. Rank r writes RECORD.r: a line
when a test begins and one when it ends, so that of a job that hangs or dies the
last line of each rank names the test. A rank that stays in one test for too long
prints where it is and ends. The tests that the file DONE names are passed over:
an earlier job met them, and did not come to its end. If the file ASKED names any,
no others are run.
"""

import faulthandler
import os
import pathlib
import sys
import time
import unittest

suite, record, done, asked = sys.argv[1:5]
sys.path.insert(0, suite)
sys.dont_write_bytecode = True

# Most take less than one, on a machine that does nothing else.
SECONDS_IN_A_TEST = 240


class Record(unittest.TestResult):
    """One line per event: what happened, to which test, and its words."""

    def __init__(self, file):
        super().__init__()
        self.file = file
        self.start = time.monotonic()

    def write(self, outcome, test, words=""):
        words = " ".join(str(words).split())
        print(outcome, test.id(), words, sep="\t", file=self.file, flush=True)

    def startTest(self, test):
        super().startTest(test)
        faulthandler.dump_traceback_later(SECONDS_IN_A_TEST, exit=True)
        self.write("begin", test, f"{time.monotonic() - self.start:.2f}")

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


def chosen(tests, wants):
    """The same suite of suites with the tests that are wanted."""
    kept = unittest.TestSuite()
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(chosen(test, wants))
        elif wants(test.id()):
            kept.addTest(test)
    return kept


def names(file):
    return set(pathlib.Path(file).read_text(encoding="utf-8").splitlines())


class Runner:
    """What unittest.TestProgram calls."""

    def run(self, tests):
        from mpi4py import MPI

        rank = MPI.COMM_WORLD.Get_rank()
        with open(f"{record}.{rank}", "w", encoding="utf-8") as file:
            version = MPI.Get_library_version().split("\n")[0].rstrip("\0")
            print("library", version, os.path.basename(MPI.__file__), sep="\t", file=file)
            result = Record(file)
            passed_over, wanted = names(done), names(asked)
            wants = lambda test: test not in passed_over and (not wanted or test in wanted)
            chosen(tests, wants).run(result)
            seconds = f"{time.monotonic() - result.start:.1f}"
            print("end", result.testsRun, seconds, sep="\t", file=file, flush=True)
        # What follows is the end of MPI, which may hang as well.
        faulthandler.dump_traceback_later(SECONDS_IN_A_TEST, exit=True)
        return result


import main  # noqa: E402  (of the suite)

main.TestProgram(module=None, argv=["record.py", *sys.argv[5:]], testRunner=Runner())
