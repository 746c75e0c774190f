"""The check of the fault launcher has to be able to fail: `python3 -m unittest discover -s cluster/faults`."""

import unittest

import accounts
import play


class Comparison(unittest.TestCase):
    fates = {("b", "a"): "acknowledged", ("b", "u"): "unknown", ("b", "r"): "refused"}

    def compare(self, found):
        return {name: keys for name, keys in accounts.compare(self.fates, found).items() if keys}

    def test_what_is_right(self):
        self.assertEqual(self.compare({("b", "a"): 1}), {})
        self.assertEqual(self.compare({("b", "a"): 1, ("b", "u"): 1}), {})

    def test_what_is_wrong(self):
        self.assertEqual(self.compare({}), {"lost": [("b", "a")]})
        self.assertEqual(self.compare({("b", "a"): 2}), {"twice": [("b", "a")]})
        self.assertEqual(self.compare({("b", "a"): 1, ("b", "r"): 1}), {"denied": [("b", "r")]})
        self.assertEqual(self.compare({("b", "a"): 1, ("b", "x"): 1}), {"strange": [("b", "x")]})

    def test_stale_reads(self):
        class Behind:
            def ask(self, method, path):
                return 404, {"code": "unknown_user"}

        class Silent:
            def ask(self, method, path):
                return 503, {"code": "unavailable"}

        load = accounts.Load([], "key", 1, 1)
        load.look(Silent(), "b", "a")
        self.assertEqual(load.stale, [])
        load.look(Behind(), "b", "a")
        self.assertEqual(load.stale, [("b", "a")])

    def test_quantiles(self):
        self.assertEqual(play.quantile([3, 1, 2], 0.5), 2)
        self.assertEqual(play.quantile([3, 1, 2], 0.99), 3)


if __name__ == "__main__":
    unittest.main()
