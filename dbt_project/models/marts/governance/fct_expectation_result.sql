{{ config(tags=["report"]) }}

-- depends_on: {{ source("ledger", "output_expectation_result") }}
select
    result_id,
    run_id,
    gate,
    rule_id,
    table_name,
    family,
    severity,
    project_id,
    owner,
    is_met,
    evaluated_count,
    failing_count,
    failing_keys,
    why,
    fix,
    as_of_at,
    recorded_at,
    known_from,
    is_current
from {{ ref("int_governance__expectation_result") }}
