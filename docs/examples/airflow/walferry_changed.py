"""Airflow 3: builds what depends on a table as soon as walferry has committed changes of it. start_dag.py starts it, with the
outbox's row as `conf`."""
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("walferry_changed", schedule=None, catchup=False, max_active_runs=1, tags=["walferry"],
         params={"pipeline": "shop", "target_table": "public.orders"}):
    # source:shop_public.orders+ is what comes after that table; see `walferry dbt`.
    BashOperator(
        task_id="dbt_build",
        bash_command='cd /srv/dbt && dbt build --select "source:${PIPELINE}_${TABLE}+"',
        env={"PIPELINE": "{{ params.pipeline }}", "TABLE": "{{ params.target_table }}"},
        append_env=True)
