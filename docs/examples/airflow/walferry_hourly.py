"""Airflow 3: no service. Each hour walferry brings the warehouse up to what the source has committed by then, and ends; then
dbt builds. Only one of walferry's services and this may run; while the slot waits for the next hour the source keeps its WAL."""
import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

CONFIG = "/etc/walferry/shop.yaml"

with DAG("walferry_hourly", schedule="@hourly", start_date=datetime.datetime(2026, 1, 1), catchup=False, max_active_runs=1,
         tags=["walferry"]):
    catch_up = BashOperator(
        task_id="catch_up",
        bash_command=f"walferry run {CONFIG} --until-caught-up",
        append_env=True, retries=2, retry_delay=datetime.timedelta(minutes=5),
        execution_timeout=datetime.timedelta(minutes=50))
    build = BashOperator(task_id="dbt_build", bash_command="cd /srv/dbt && dbt source freshness && dbt build", append_env=True)
    catch_up >> build
