"""What Grafana reads at its start: the data source, where dashboards lie, and the alert rules.

Grafana puts environment variables in place of every `$NAME` in these files. That is how the token
gets into the data source and the runbook's address into the alerts, and why no alert's query has a
`$` in it.
"""

from typing import Any

from grafana_foundation_sdk.builders import alerting, expr
from grafana_foundation_sdk.models import alerting as model
from grafana_foundation_sdk.models import common

from dashboards.alerts import ALERTS, Alert
from dashboards.board import uid
from dashboards.influxql import SOURCE_UID, Query

FOLDER = "Menshen"
DASHBOARDS_PATH = "/var/lib/grafana/dashboards/menshen"
RUNBOOK = "${MENSHEN_RUNBOOK_URL}"
_EXPRESSION = "__expr__"
_HERE = common.DataSourceRef(type_val=_EXPRESSION, uid=_EXPRESSION)  # worked out by Grafana itself


def data_source() -> dict[str, Any]:
    """InfluxDB 2, asked in InfluxQL with a token in a header; 1.x and 3 Core take the same."""
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": FOLDER,
                "uid": SOURCE_UID,
                "type": "influxdb",
                "access": "proxy",
                "url": "$MENSHEN_INFLUX_URL",
                "jsonData": {
                    "version": "InfluxQL",
                    "dbName": "$MENSHEN_INFLUX_BUCKET",
                    "httpMode": "POST",
                    "httpHeaderName1": "Authorization",
                },
                "secureJsonData": {"httpHeaderValue1": "Token $MENSHEN_INFLUX_TOKEN"},
            }
        ],
    }


def provider() -> dict[str, Any]:
    """Where the dashboards lie."""
    options = {"path": DASHBOARDS_PATH}
    one = {"name": FOLDER, "folder": FOLDER, "type": "file", "options": options}
    return {"apiVersion": 1, "providers": [one]}


def alerts() -> dict[str, Any]:
    """All rules, looked at every minute."""
    group = {"orgId": 1, "name": FOLDER, "folder": FOLDER, "interval": "1m"}
    return {"apiVersion": 1, "groups": [{**group, "rules": [_rule(one) for one in ALERTS]}]}


def _rule(alert: Alert) -> dict[str, Any]:
    rule = alerting.Rule(alert.title).uid(f"menshen-{alert.name}")
    query = Query(alert.query, alias="", ref_id="A")
    rule = rule.with_query(_step(alert, "A", SOURCE_UID, query))
    last = expr.TypeReduce().datasource(_HERE).ref_id("B").expression("A").reducer("last")
    beyond = expr.ExprTypeThresholdConditionsEvaluator().type(alert.beyond).params([alert.limit])
    wrong = expr.TypeThreshold().datasource(_HERE).ref_id("C").expression("B")
    wrong = wrong.conditions([expr.ExprTypeThresholdConditions().evaluator(beyond)])
    rule = rule.with_query(_step(alert, "B", _EXPRESSION, last))
    rule = rule.with_query(_step(alert, "C", _EXPRESSION, wrong))
    no_data = "Alerting" if alert.tells_no_data else "OK"
    rule = rule.condition("C").for_val(alert.lasts).no_data_state(no_data).exec_err_state("Error")
    rule = rule.labels({"product": "menshen", "severity": alert.severity}).annotations(
        {
            "summary": alert.summary + "{{ if .Labels.site }} Site {{ .Labels.site }}.{{ end }}"
            "{{ if .Labels.seal }} Seal {{ .Labels.seal }}.{{ end }}",
            "runbook_url": f"{RUNBOOK}#{alert.name}",
            "__dashboardUid__": uid(alert.board),
        }
    )
    return _provisioned(rule.build())


def _step(alert: Alert, ref_id: str, source_uid: str, what: Any) -> alerting.Query:
    window = model.RelativeTimeRange(from_val=alert.look_back_s, to=0)
    step = alerting.Query(ref_id).datasource_uid(source_uid).relative_time_range(window)
    return step.model(what)


def _provisioned(rule: model.Rule) -> dict[str, Any]:
    """The rule without what only Grafana's HTTP interface wants."""
    of_the_interface = ("folderUID", "ruleGroup", "orgID", "title")
    kept = {key: value for key, value in rule.to_json().items() if key not in of_the_interface}
    return {"title": rule.title, **kept}
