"""`python -m tests.registry.api.write_matrix`: note who may do what now, for a review."""

from __future__ import annotations

import sys

import pytest

from tests.registry.api import matrix_file


def main() -> int:
    matrix_file.seen = {}
    path = "tests/registry/api/test_access.py"
    failed = pytest.main(["-q", "-p", "no:cacheprovider", "-k", "as_declared", path])
    if not failed:
        matrix_file.write(matrix_file.seen)
        sys.stdout.write(f"{matrix_file.PATH.name} is written: look at the difference.\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
