"""What Grafana reads at its start: the data source, where dashboards lie, and one alert rule.

Grafana puts environment variables in place of every `$NAME` in these files. That is how the token
gets into the data source; and why the alert's query and texts hold no `$` at all.
"""
# ruff: noqa: S608 - the query is made of constants

from typing import Any

from grafana_foundation_sdk.builders import alerting, expr
from grafana_foundation_sdk.models import alerting as model
from grafana_foundation_sdk.models import common

from dashboards.influxql import SOURCE_UID, Query
from dashboards.site import OUTBOX_LATE_MS, UID
from gateway.feeds.influx_schema import GATEWAY_STATS

FOLDER = "Menshen"
DASHBOARDS_PATH = "/var/lib/grafana/dashboards/menshen"
LOOK_BACK_S = 120  # twelve of the gateway's figures
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
    """One rule: a page has waited five minutes, or the gateway sends no figures at all."""
    group = {"orgId": 1, "name": FOLDER, "folder": FOLDER, "interval": "1m"}
    return {"apiVersion": 1, "groups": [{**group, "rules": [_outbox_late()]}]}


def _outbox_late() -> dict[str, Any]:
    query = (
        f'SELECT max("outbox_oldest_ms") FROM "{GATEWAY_STATS.name}" '
        f'WHERE time > now() - {LOOK_BACK_S}s GROUP BY "site"'
    )
    rule = alerting.Rule("Pages wait, or the gateway is silent").uid("menshen-outbox-late")
    rule = rule.with_query(_step("A", SOURCE_UID, Query(query, alias="", ref_id="A")))
    last = expr.TypeReduce().datasource(_HERE).ref_id("B").expression("A").reducer("last")
    late = expr.ExprTypeThresholdConditionsEvaluator().type("gt").params([OUTBOX_LATE_MS])
    above = expr.TypeThreshold().datasource(_HERE).ref_id("C").expression("B")
    above = above.conditions([expr.ExprTypeThresholdConditions().evaluator(late)])
    rule = rule.with_query(_step("B", _EXPRESSION, last)).with_query(_step("C", _EXPRESSION, above))
    rule = rule.condition("C").for_val("0s").no_data_state("Alerting").exec_err_state("Error")
    rule = rule.labels({"product": "menshen"}).annotations(
        {
            "summary": "A page to a warden has waited over five minutes, or the gateway is silent."
            "{{ if .Labels.site }} Site {{ .Labels.site }}.{{ end }}",
            "description": "See `menshen check` and /health on the console. Without data, the "
            "gateway is down, or its way to InfluxDB is.",
            "__dashboardUid__": UID,
        }
    )
    return _provisioned(rule.build())


def _step(ref_id: str, source_uid: str, what: Any) -> alerting.Query:
    window = model.RelativeTimeRange(from_val=LOOK_BACK_S, to=0)
    step = alerting.Query(ref_id).datasource_uid(source_uid).relative_time_range(window)
    return step.model(what)


def _provisioned(rule: model.Rule) -> dict[str, Any]:
    """The rule without what only Grafana's HTTP interface wants."""
    of_the_interface = ("folderUID", "ruleGroup", "orgID", "title")
    kept = {key: value for key, value in rule.to_json().items() if key not in of_the_interface}
    return {"title": rule.title, **kept}
