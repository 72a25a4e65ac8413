"""The answers to the generated records are asked for once: all tests of this folder run in one process."""

import os

import pytest


def test_the_tests_of_this_folder_are_one_group(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@records")
