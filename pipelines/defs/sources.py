"""Landing: every configured site's assets, and the certificates their syncs leave in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from connectors.source import SiteConfig
from pipelines import policies
from pipelines.components import source
from pipelines.keys import COMPLETENESS, landing_key


def definitions(sites: tuple[SiteConfig, ...], fresh_for: Mapping[str, timedelta]) -> dg.Definitions:
    """One component a site; the ledger of certificates is written by each sync itself.

    `fresh_for` says of each source type how long a sync stays fresh.
    """
    from connectors import registry

    deps = [landing_key(s.type, s.site, stream.name) for s in sites for stream in registry.streams(s.type)]
    certificates = dg.AssetSpec(
        COMPLETENESS,
        deps=deps,
        group_name="landing",
        kinds={"parquet"},
        owners=[policies.DATA_ENGINEERING],
        description="What each sync could prove: ids at the source and held, per project and stream.",
    )
    return dg.Definitions.merge(
        dg.Definitions(assets=[certificates]),
        *(source.definitions(site, sites, fresh_for.get(site.type)) for site in sites),
    )
