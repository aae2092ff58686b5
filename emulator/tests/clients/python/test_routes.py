"""Checks that the other tests called every route of the emulator. Runs last, because unittest sorts modules by name."""

import pathlib
import re
import unittest

from support import CALLS

SOURCE = pathlib.Path(__file__).parents[3] / "src/routes/mod.rs"


class Routes(unittest.TestCase):
    def test_every_route_is_called(self):
        source = SOURCE.read_text()
        routes = re.findall(r'\(\s*"([A-Z]+)",\s*"(/[^"]*)"', source)
        count = re.search(r"const ROUTES: .*; (\d+)\]", source)
        self.assertEqual(len(routes), int(count[1]))
        for method, pattern in routes:
            with self.subTest(f"{method} {pattern}"):
                path = "[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", pattern))
                is_called = any(called == method and re.fullmatch(path, at) for called, at in CALLS)
                self.assertTrue(is_called, "no call succeeded")
