{{ config(tags=["governance"]) }}

-- Every result ever recorded; is_current marks those of the last run of each gate.
with
    result as (
        select *
        from {{ source("ledger", "expectation_result") }}
        qualify
            row_number() over (
                partition by result_id order by known_from desc, run_id desc
            )
            = 1
    ),
    last_run as (
        select gate, arg_max(run_id, row(known_from, run_id)) as run_id
        from result
        group by gate
    )
select
    result.result_id,
    result.run_id,
    result.gate,
    result.rule_id,
    result.table_name,
    result.family,
    result.severity,
    result.project_id,
    result.owner,
    result.is_met,
    result.evaluated_count,
    result.failing_count,
    result.failing_keys,
    result.why,
    result.fix,
    result.as_of_at,
    result.recorded_at,
    result.known_from,
    last_run.run_id is not null as is_current
from result
left join last_run using (gate, run_id)
