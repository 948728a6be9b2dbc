{{ config(tags=["governance"]) }}

-- depends_on: {{ source("ledger", "expectation_result") }}
select
    alert_id,
    run_id,
    owner,
    channel,
    subject,
    json_array_length(finding_keys)::bigint as finding_count,
    finding_keys,
    sent_at,
    coalesce(delivered, false) as is_delivered,
    detail,
    sent_at as recorded_at,
    sent_at as known_from
from {{ said_before("alert") }}
