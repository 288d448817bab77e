"""A query in InfluxQL, for the SDK, which knows no InfluxDB; and what all queries share."""

from typing import Any, Literal, Self

from grafana_foundation_sdk.cog import builder, plugins, runtime, variants
from grafana_foundation_sdk.models import common, dashboard

SOURCE_UID = "menshen-influxdb"
SOURCE = common.DataSourceRef(type_val="influxdb", uid=SOURCE_UID)

Format = Literal["time_series", "table"]


class InfluxQL(variants.Dataquery):
    """One query as Grafana's InfluxDB data source keeps it."""

    def __init__(
        self, query: str, result: Format = "time_series", alias: str = "", ref_id: str = "A"
    ) -> None:
        self.query, self.result, self.alias, self.ref_id = query, result, alias, ref_id

    def to_json(self) -> dict[str, object]:
        """As it stands in a dashboard."""
        return {
            "refId": self.ref_id,
            "datasource": SOURCE,
            "rawQuery": True,
            "query": self.query,
            "resultFormat": self.result,
            "alias": self.alias,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reverse of to_json."""
        return cls(data["query"], data["resultFormat"], data["alias"], data["refId"])


class Query(builder.Builder[InfluxQL]):
    """The builder that panels and alert rules ask for."""

    def __init__(
        self, query: str, result: Format = "time_series", alias: str = "", ref_id: str = "A"
    ) -> None:
        self._query = InfluxQL(query, result, alias, ref_id)

    def build(self) -> InfluxQL:
        """The query."""
        return self._query


def read(data: dict[str, Any]) -> dashboard.Dashboard:
    """A dashboard from its JSON, with the SDK's own panels and our queries in it."""
    plugins.register_default_plugins()
    runtime.register_dataquery_variant(
        runtime.DataqueryConfig("influxdb", InfluxQL.from_json),
    )
    return dashboard.Dashboard.from_json(data)
