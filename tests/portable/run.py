"""Runs these tests on MicroPython, which has no unittest:   micropython run.py [test_x.py ...]

pytest runs the same files on CPython. Exit code 1 if a test failed or none was found.
"""

import gc
import os
import sys


class _Caught:
    """`with self.assertRaises(E) as caught:`; afterwards `caught.exception`."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        if kind is None:
            raise AssertionError("%s was not raised" % self.wanted)
        self.exception = error
        return issubclass(kind, self.wanted)


class TestCase:
    """As much of unittest.TestCase as these tests use."""

    def setUp(self):
        pass

    def assertEqual(self, one, other, text=""):
        if one != other:
            raise AssertionError("%r is not %r %s" % (one, other, text))

    def assertNotEqual(self, one, other, text=""):
        if one == other:
            raise AssertionError("both are %r %s" % (one, text))

    def assertTrue(self, truth, text=""):
        if not truth:
            raise AssertionError("%r is not true %s" % (truth, text))

    def assertFalse(self, truth, text=""):
        if truth:
            raise AssertionError("%r is not false %s" % (truth, text))

    def assertIn(self, one, many, text=""):
        if one not in many:
            raise AssertionError("%r is not in %r %s" % (one, many, text))

    def assertIsNone(self, one, text=""):
        if one is not None:
            raise AssertionError("%r is not None %s" % (one, text))

    def assertRaises(self, wanted):
        return _Caught(wanted)

    def fail(self, text=""):
        raise AssertionError(text)


class _Unittest:
    TestCase = TestCase


def _run(case_class):
    """(how many tests, how many failed) of one class."""
    count = failed = 0
    for name in sorted(dir(case_class)):
        if not name.startswith("test"):
            continue
        count += 1
        case = case_class()
        try:
            case.setUp()
            getattr(case, name)()
        except Exception as error:  # noqa: BLE001 - every failure is told, none ends the run
            failed += 1
            print("FAILED %s.%s" % (case_class.__name__, name))
            sys.print_exception(error)
    return count, failed


def main(names):
    """Run the named files, or all of this folder."""
    sys.modules["unittest"] = _Unittest
    folder = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
    sys.path.insert(0, folder)
    count = failed = 0
    for name in names or sorted(os.listdir(folder)):
        if not (name.startswith("test_") and name.endswith(".py")):
            continue
        module = __import__(name[:-3])
        for attribute in sorted(dir(module)):
            found = getattr(module, attribute)
            if isinstance(found, type) and found is not TestCase and issubclass(found, TestCase):
                more, wrong = _run(found)
                count, failed = count + more, failed + wrong
        del module, found, sys.modules[name[:-3]]  # or the small Python's heap would hold them all
        gc.collect()
    print("%d tests, %d failed" % (count, failed))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
