#!/usr/bin/env python3
"""check_monitoring finds what it is for."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

PATH = pathlib.Path(__file__).with_name("check_monitoring")
loader = importlib.machinery.SourceFileLoader("check_monitoring", str(PATH))
check = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_monitoring", loader))
loader.exec_module(check)

METRICS = {"walferry_lag": "gauge", "walferry_rows": "histogram"}


def panel(number, x, expr='walferry_lag{pipeline=~"$pipeline"}'):
    return {"id": number, "title": str(number), "gridPos": {"x": x, "y": 0, "w": 8, "h": 4}, "targets": [{"expr": expr}]}


def dashboard(*panels):
    return {"panels": list(panels), "templating": {"list": [{"name": "pipeline"}]}}


class CheckMonitoring(unittest.TestCase):
    def test_a_metric_that_does_not_exist_is_found(self):
        self.assertEqual(list(check.metric_breaches("r", "walferry_lag walferry_rows_bucket", METRICS)), [])
        self.assertEqual(len(list(check.metric_breaches("r", "walferry_leg", METRICS))), 1)
        self.assertEqual(len(list(check.metric_breaches("r", "walferry_lag_bucket", METRICS))), 1)
        self.assertEqual(len(list(check.metric_breaches("r", "walferry_rows", METRICS))), 1)

    def test_anchors_are_those_of_github(self):
        self.assertEqual(list(check.anchors("# The unit's sandbox\ntext\n## A, b\n")), ["the-units-sandbox", "a-b"])

    def test_a_dashboard_that_can_not_be_laid_out_or_filtered_is_found(self):
        self.assertEqual(list(check.dashboard_breaches(dashboard(panel(1, 0), panel(2, 8)))), [])
        for bad in ([panel(1, 0), panel(1, 8)], [panel(1, 0), panel(2, 4)], [panel(1, 20)], [panel(1, 0, "walferry_lag")],
                    [panel(1, 0, "walferry_lag{$pipeline,$other}")]):
            self.assertNotEqual(list(check.dashboard_breaches(dashboard(*bad))), [])


if __name__ == "__main__":
    unittest.main()
