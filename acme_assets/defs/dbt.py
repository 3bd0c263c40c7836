"""The dbt project as Dagster sees it: its manifest, the specs of its models, its command line.

Considered for the specs: dagster-dbt's `build_dbt_asset_specs`. Importing dagster_dbt imports dbt itself, 3 s of
CPU in every run process, for a list that the manifest has ready; so it is imported only where dbt is run.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import AssetKey, AssetSpec, PartitionsDefinition, TableColumn, TableSchema

from acme_assets.defs.names import ENGINEERING_TEAM, model_key, raw_key
from acme_assets.nights.models import layer_of

if TYPE_CHECKING:
    from dagster_dbt import DbtCliResource

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"


def model_specs(manifest: Mapping[str, Any], partitions: PartitionsDefinition) -> list[AssetSpec]:
    """One spec per model of the manifest, partitioned by client night."""
    return [
        AssetSpec(
            _key(node),
            deps=[_key(_node(manifest, parent)) for parent in node["depends_on"]["nodes"]],
            description=node["description"],
            metadata={"dagster/column_schema": _columns(node)},
            group_name=layer_of(node["name"]),
            owners=[ENGINEERING_TEAM],
            kinds={"dbt", "table"},
            partitions_def=partitions,
            skippable=True,
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    ]


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return found


def _key(node: Mapping[str, Any]) -> AssetKey:
    if node["resource_type"] == "source":
        return raw_key(node["name"])
    return model_key(layer_of(node["name"]), node["name"])


def _columns(node: Mapping[str, Any]) -> TableSchema:
    return TableSchema(
        [
            TableColumn(column["name"], column.get("data_type") or "", description=column["description"])
            for column in node["columns"].values()
        ]
    )


def dbt_resource() -> "DbtCliResource":
    """The dbt command line of this environment."""
    from dagster_dbt import DbtCliResource

    return DbtCliResource(
        project_dir=str(PROJECT),
        profiles_dir=str(PROJECT),
        dbt_executable=str(Path(sys.executable).parent / "dbt"),
        global_config_flags=["--no-use-colors", "--quiet"],
    )
