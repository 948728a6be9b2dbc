-- The statement about a scope that counts is the newest: a later sync supersedes what
-- an earlier one could prove. A sync that was put off proves nothing: it says so until
-- the next sync of its site says anything, and the last proof before it stands.
select
    completeness_id,
    sync_id,
    source_type,
    site_id,
    stream,
    scope_id,
    scope_key,
    completeness_status,
    source_count,
    held_count,
    greatest(source_count - held_count, 0) as missing_count,
    missing,
    changelog_total,
    changelog_held,
    lag_seconds,
    detail,
    recorded_at,
    known_from,
    row_number() over (
        partition by source_type, site_id, stream, scope_id
        order by known_from desc, sync_id desc, completeness_id
    )
    = 1
    and (
        completeness_status <> 'deferred'
        or known_from = max(known_from) over (partition by source_type, site_id)
    ) as is_current,
    completeness_status <> 'deferred'
    and row_number() over (
        partition by
            source_type, site_id, stream, scope_id, completeness_status = 'deferred'
        order by known_from desc, sync_id desc, completeness_id
    )
    = 1 as is_last_proof
from {{ source("ledger", "completeness") }}
qualify
    row_number() over (
        partition by completeness_id order by known_from desc, sync_id desc
    )
    = 1
