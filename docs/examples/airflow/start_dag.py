#!/usr/bin/env python3
"""Starts a run of an Airflow DAG for each row that walferry's outbox publishes:

    outbox:
      exec: /usr/local/bin/start_dag.py

The row comes on stdin; exit 0 takes it, anything else has walferry try again. The run is called after the row's id, so a
row that comes twice starts one run. Environment: AIRFLOW_URL (http://airflow:8080), AIRFLOW_TOKEN (a JWT of its API), and
WALFERRY_TABLES, the targets to start for, by default every one."""
import json
import os
import sys
import urllib.error
import urllib.request

DAG = "walferry_changed"


def main():
    row = json.load(sys.stdin)
    wanted = os.environ.get("WALFERRY_TABLES", "").split()
    if row["kind"] not in ("batch", "copied") or (wanted and row["target_table"] not in wanted):
        return 0
    run = {"dag_run_id": f"walferry__{row['pipeline']}__{row['id']}", "logical_date": None, "conf": row}
    request = urllib.request.Request(
        f"{os.environ['AIRFLOW_URL']}/api/v2/dags/{DAG}/dagRuns", json.dumps(run).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ['AIRFLOW_TOKEN']}"})
    try:
        urllib.request.urlopen(request, timeout=20).close()
    except urllib.error.HTTPError as error:
        if error.code != 409:  # it was started before
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
